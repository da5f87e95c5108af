/** Explanations for those who see it the first time: each thing is explained once. */
import type { TraceEvent } from 'handfast'
import { explain } from 'handfast/trace'
import type { Paper } from './paper.ts'

export class Explainer {
  readonly #wanted: boolean
  readonly #explained = new Set<string>()

  /** @param wanted false to say nothing at all */
  constructor(wanted: boolean) {
    this.#wanted = wanted
  }

  /** @param what by which the thing is known again */
  once(paper: Paper, what: string, event: TraceEvent, indent: number): void {
    if (!this.#wanted || this.#explained.has(what)) return
    this.#explained.add(what)
    const { italic, dim } = paper.colors
    paper.text(explain(event), { indent, style: (line) => italic(dim(line)) })
  }
}
