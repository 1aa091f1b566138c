/** What went wrong, in one line: the thing, the reason, the mend. */
export declare class TallygateError extends Error {
    thing: string;
    reason: string;
    mend: string;
    /**
     * @param {string} thing
     * @param {string} reason
     * @param {string} mend
     */
    constructor(thing: string, reason: string, mend: string);
}
