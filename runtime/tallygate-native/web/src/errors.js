/** What went wrong, in one line: the thing, the reason, the mend. */
export class TallygateError extends Error {
  /**
   * @param {string} thing
   * @param {string} reason
   * @param {string} mend
   */
  constructor(thing, reason, mend) {
    super(`${thing}: ${reason}; ${mend}`);
    this.name = "TallygateError";
    this.thing = thing;
    this.reason = reason;
    this.mend = mend;
  }
}
