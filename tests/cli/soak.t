# Random copies with random faults, limits and signals: see tools/soak.sh. UCOPY_SOAK=1000 makes
# that many, UCOPY_SOAK_SEED=N repeats; more than fit into this runner's time run with
# UCOPY=... TOOLS=... tests/tools/soak.sh COUNT.
--- script
"$TOOLS/soak.sh" "${UCOPY_SOAK:-40}" ${UCOPY_SOAK_SEED:+"$UCOPY_SOAK_SEED"}
