/**
 * Runs a handshake's generator: the one place where a step that has to wait is resumed.
 *
 * At any time it is in one of three states. `idle`: the handshake wants the peer's next message (or has not begun);
 * between two messages the caller's commands may run. `waiting`: a promise is under way, and nothing else moves until it
 * answers. `running`: within a call.
 */
import type { Steps } from '@handfast/x509'
import type { HandshakeMessage } from '../codec/messages.ts'
import { type HandshakeSteps, nextMessage } from './context.ts'

type Running = Iterator<PromiseLike<unknown> | typeof nextMessage, void, unknown>

export interface DriverHost {
  /** A message came after the handshake: what is to be done with it. */
  later(message: HandshakeMessage): HandshakeSteps<void>
  /** Everything that the handshake sent is now to be put into records. */
  flush(): void
  /** A late answer is there: `resume` goes on with it, and may throw. */
  onAnswer(resume: () => void): void
}

export class Driver {
  readonly #host: DriverHost
  /** The handshake, or what a later message began; undefined between two later messages, when nothing is kept of them. */
  #steps: HandshakeSteps<void> | undefined
  #started = false
  #state: 'idle' | 'running' | 'waiting' = 'idle'

  constructor(handshake: HandshakeSteps<void>, host: DriverHost) {
    this.#steps = handshake
    this.#host = host
  }

  /** True where a message can be delivered, or a command run. */
  get idle(): boolean {
    return this.#state === 'idle'
  }

  /** Begins, up to the first message that the handshake wants. @returns false where it had begun */
  start(): boolean {
    if (this.#started || this.#steps === undefined) return false
    this.#started = true
    this.#begin(this.#steps)
    return true
  }

  deliver(message: HandshakeMessage): void {
    const steps = this.#steps
    if (steps !== undefined) {
      this.#resume(steps, () => steps.next(message))
      return
    }
    this.#steps = this.#host.later(message)
    this.#begin(this.#steps)
  }

  /** Runs a command of the caller's between two messages. */
  run(command: Steps<void>): void {
    this.#begin(command)
  }

  #begin(steps: Running): void {
    this.#resume(steps, () => steps.next())
  }

  /** Waits for anything else that comes late, and hands it to `then`. */
  waitFor<T>(answer: PromiseLike<T>, then: (value: T) => void): void {
    this.#wait(answer, then, (reason) => {
      throw reason
    })
  }

  #resume(
    steps: Running,
    next: () => IteratorResult<PromiseLike<unknown> | typeof nextMessage, void>,
  ): void {
    this.#state = 'running'
    const { done, value } = next()
    if (done || value === nextMessage) {
      if (done && steps === this.#steps) this.#steps = undefined
      this.#state = 'idle'
      this.#host.flush()
      return
    }
    this.#wait(
      value,
      (answer) => this.#resume(steps, () => steps.next(answer)),
      // A rejection is thrown where the handshake waited.
      (reason) => this.#resume(steps, () => steps.throw!(reason)),
    )
  }

  #wait<T>(
    answer: PromiseLike<T>,
    then: (value: T) => void,
    otherwise: (reason: unknown) => void,
  ): void {
    this.#state = 'waiting'
    const resume = (next: () => void) =>
      this.#host.onAnswer(() => {
        this.#state = 'idle'
        next()
      })
    answer.then(
      (value) => resume(() => then(value)),
      (reason: unknown) => resume(() => otherwise(reason)),
    )
  }
}
