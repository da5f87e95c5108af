/** Sessions that a client keeps for its next connections. */

/** How many servers are remembered where the program says nothing; as in Node. */
const defaultCapacity = 100
/** OpenSSL's servers give two tickets after a full handshake and none after a resumed one; few give more. */
const sessionsPerServer = 4

/** By name of the server: its newest sessions, each for one connection. The oldest server goes when there are too many. */
export class SessionCache {
  readonly #capacity: number
  readonly #sessions = new Map<string, Buffer[]>()

  /** @param capacity servers; 0 keeps nothing */
  constructor(capacity: number = defaultCapacity) {
    this.#capacity = capacity
  }

  /** RFC 8446 §C.4: a ticket that is shown twice lets an observer link the connections, so it is given out once. */
  take(name: string): Buffer | undefined {
    return this.#sessions.get(name)?.pop()
  }

  keep(name: string, session: Buffer): void {
    if (this.#capacity <= 0) return
    const sessions = this.#sessions.get(name) ?? []
    this.#sessions.delete(name)
    this.#sessions.set(name, [...sessions, session].slice(-sessionsPerServer))
    const [oldest] = this.#sessions.keys()
    if (this.#sessions.size > this.#capacity && oldest !== undefined) this.#sessions.delete(oldest)
  }
}
