// etcher [--verify] SOURCE DEST...: copies a file with etcher-sdk to all destinations, and has it
// verify them.
'use strict';

const { multiWrite, sourceDestination } = require('etcher-sdk');

async function main(words) {
    const verify = words[0] === '--verify';
    const [from, ...to] = verify ? words.slice(1) : words;
    const source = new sourceDestination.File({ path: from });
    const destinations = to.map((path) => new sourceDestination.File({ path, write: true }));
    const result = await multiWrite.pipeSourceToDestinations({
        source,
        destinations,
        onFail: (destination, error) => console.error(`${destination.path}: ${error.message}`),
        onProgress: () => {},
        verify,
    });

    return result.failures.size === 0 ? 0 : 1;
}

main(process.argv.slice(2)).then(
    (status) => {
        process.exitCode = status;
    },
    (error) => {
        console.error(error.message);
        process.exitCode = 1;
    },
);
