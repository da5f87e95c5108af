/**
 * Memory given back at once, and not by the collector: what is allocated next lies in the same place, which is still in the
 * processor's cache, and nothing counts towards the "external memory pressure" that sets off collections (bench/NOTES.md).
 */
type Transferable = ArrayBuffer & { transfer?(length: number): ArrayBuffer }

/** Closed: what is posted reaches nobody, but what is transferred is gone from here all the same (HTML, "message port post message steps"). */
let nowhere: InstanceType<typeof MessageChannel>['port1'] | undefined

/** For Node 20, whose arrays cannot be transferred by themselves. */
function postNowhere(buffer: ArrayBuffer): void {
  if (nowhere === undefined) {
    nowhere = new MessageChannel().port1
    nowhere.close()
  }
  nowhere.postMessage(undefined, [buffer])
}

/** Frees the memory of `bytes`, where it has nothing else in it. Nobody may refer to it any more. */
export function freeMemory(bytes: Uint8Array): void {
  const buffer = bytes.buffer as Transferable
  if (buffer.byteLength !== bytes.length) return
  if (buffer.transfer === undefined) postNowhere(buffer)
  else buffer.transfer(0)
}
