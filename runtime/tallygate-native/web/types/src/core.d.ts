export type Exports = {
    memory: WebAssembly.Memory;
    _initialize: () => void;
    malloc: (size: number) => number;
    free: (address: number) => void;
    tg_message: (status: number) => number;
    tg_open: (image: number, size: number, kernel: number, model: number) => number;
    tg_close: (model: number) => void;
    tg_model_facts: (model: number, facts: number) => void;
    tg_label: (model: number, place: number, size: number) => number;
    tg_golden: (model: number, place: number, size: number) => number;
    tg_temperature: (model: number, tokens: number) => number;
    tg_worker_open: (model: number, worker: number) => number;
    tg_worker_close: (worker: number) => void;
    tg_check: (worker: number, at: number) => number;
    tg_spans: (worker: number, text: number, size: number, ids: number, starts: number, ends: number, count: number) => number;
    tg_run_ids: (worker: number, ids: number, offsets: number, texts: number, logits: number) => number;
    tg_run_texts: (worker: number, bytes: number, offsets: number, texts: number, logits: number, tokens: number) => number;
    tg_stream_open: (model: number, stream: number) => number;
    tg_stream_close: (stream: number) => void;
    tg_stream_push: (worker: number, streams: number, bytes: number, offsets: number, count: number) => number;
    tg_stream_logits: (worker: number, streams: number, count: number, waiting: number, logits: number, tokens: number) => number;
    tg_stream_state_size: (stream: number) => number;
    tg_stream_state: (stream: number, state: number, size: number) => number;
    tg_stream_resume: (model: number, state: number, size: number, stream: number) => number;
};
/** A started core. One serves one thread. */
export declare class Core {
    #private;
    /** @readonly */
    exports: Exports;
    /** @param {Exports} exports */
    constructor(exports: Exports);
    /**
     * Throws a {@link TallygateError} where the module is none.
     *
     * @param {ArrayBuffer | ArrayBufferView} wasm
     */
    static start(wasm: ArrayBuffer | ArrayBufferView): Promise<Core>;
    /**
     * Eight numbers of 32 bits at an address.
     *
     * @param {number} address
     */
    words(address: number): Uint32Array<ArrayBuffer>;
    /**
     * A copy of what stands there.
     *
     * @param {number} address
     * @param {number} size
     */
    bytes(address: number, size: number): Uint8Array<ArrayBuffer>;
    /**
     * @param {number} address
     * @param {number} count
     */
    doubles(address: number, count: number): Float64Array<ArrayBuffer>;
    /**
     * @param {number} address
     * @param {number} count
     */
    integers(address: number, count: number): Int32Array<ArrayBuffer>;
    /**
     * An address with these bytes, or with room for that many: at least 32, so that {@link words} can read there.
     *
     * @param {Uint8Array | number} what
     */
    take(what: Uint8Array | number): number;
    /**
     * Memory that is given back when `work` is done. `take` is as {@link Core.take}.
     *
     * @template T
     * @param {(take: (what: Uint8Array | number) => number) => T} work
     * @returns {T}
     */
    within<T>(work: (take: (what: Uint8Array | number) => number) => T): T;
    /**
     * Throws a {@link TallygateError} for any status but that of success.
     *
     * @param {number} status
     * @param {string} thing
     */
    check(status: number, thing: string): void;
}
