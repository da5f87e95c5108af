/**
 * Memory given back at once, and not by the collector: what is allocated next lies in the same place, which is still in the
 * processor's cache, and nothing counts towards the "external memory pressure" that sets off collections (bench/NOTES.md).
 */
type Transferable = ArrayBuffer & { transfer?(length: number): ArrayBuffer }

/** Bytes below which it costs more than it saves: on Node 20, which has no `transfer`, and from Node 22 on. */
const least = /* @__PURE__ */ (() => ('transfer' in ArrayBuffer.prototype ? 1024 : 8192))()

/**
 * For Node 20. It is closed: what is posted reaches nobody, but what is transferred is gone from here all the same (HTML,
 * "message port post message steps").
 */
let nowhere: InstanceType<typeof MessageChannel>['port1'] | undefined

function postNowhere(buffer: ArrayBuffer): void {
  if (nowhere === undefined) {
    nowhere = new MessageChannel().port1
    nowhere.close()
  }
  nowhere.postMessage(undefined, [buffer])
}

/**
 * Frees the memory of `bytes`, where that is worth its while and there is nothing else in it. Nobody may refer to it any more.
 */
export function freeMemory(bytes: Uint8Array): void {
  const buffer = bytes.buffer as Transferable
  if (bytes.length < least || buffer.byteLength !== bytes.length) return
  if (buffer.transfer === undefined) postNowhere(buffer)
  else buffer.transfer(0)
}
