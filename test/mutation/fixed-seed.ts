import fc from "fast-check";

/** The same examples for every mutant, or a score could not be compared with the last one. */
fc.configureGlobal({ seed: 1 });
