# Random copies with random faults, limits and signals: see tools/soak.sh. The same ones each time, as
# what is drawn here is for what has changed since; UCOPY_SOAK=N makes so many, UCOPY_SOAK_SEED=N
# draws others. ./dev soak is for more than fit into the time that a case has.
--- script
"$TOOLS/soak.sh" "${UCOPY_SOAK:-40}" "${UCOPY_SOAK_SEED:-1}"
