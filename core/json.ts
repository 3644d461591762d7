/** JSON as the language has it, kept before a script can put something else in its place: what pmap reads and prints must not depend on when a script does so. */
export const parseJson = JSON.parse;
export const printJson = JSON.stringify;
