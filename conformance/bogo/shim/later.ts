/** An answer that comes in a later turn of the event loop, as from a worker, a file or another host. */
export function later<T>(answer: () => T): Promise<T> {
  return new Promise((resolve, reject) => {
    setImmediate(() => {
      try {
        resolve(answer())
      } catch (reason) {
        reject(reason)
      }
    })
  })
}
