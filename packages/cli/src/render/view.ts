/** A whole connection on paper: how it was reached, the transcript, the keys, the certificate, the outcome. */
import type { Verdict } from '@handfast/x509'
import { TlsError } from 'handfast'
import type { Observation } from '../net/observe.ts'
import type { Terminal } from '../terminal.ts'
import { colorsFor, widthOf } from '../terminal.ts'
import { renderVerdict } from './certificates.ts'
import { renderFailure } from './failure.ts'
import { glyphsFor } from './glyphs.ts'
import { renderKeySchedule } from './keySchedule.ts'
import { Paper } from './paper.ts'
import { renderSummary } from './summary.ts'
import { renderTranscript } from './transcript.ts'

export interface ViewOptions {
  readonly bytes: boolean
  readonly explain: boolean
  /** Only the messages. */
  readonly brief?: boolean
  /** The name that was asked for. */
  readonly serverName: string
  /** `HOST:PORT` */
  readonly peer: string
  readonly refused: Verdict | undefined
}

export function paperFor(terminal: Terminal): Paper {
  return new Paper(colorsFor(terminal, terminal.stdout), widthOf(terminal.stdout))
}

export function renderConnection(
  paper: Paper,
  seen: Observation,
  terminal: Pick<Terminal, 'env'>,
  view: ViewOptions,
): void {
  const { story, start, info, error } = seen
  const glyphs = glyphsFor(terminal)
  const { dim } = paper.colors
  const { bytes, explain, peer, serverName, refused } = view
  for (const { detail, what } of story.transport)
    paper.text(`${glyphs.skip} ${what === 'failed' ? 'the connection failed' : what}: ${detail}`, {
      style: dim,
    })
  const brief = view.brief === true
  renderTranscript(paper, story, { glyphs, bytes, explain, brief, start, peer })
  if (brief && error === undefined) return
  renderKeySchedule(paper, story.keySchedule, { glyphs, explain })
  const verdict = refused ?? story.verdicts.at(-1)?.verdict
  if (verdict !== undefined) renderVerdict(paper, verdict, { glyphs })
  if (error instanceof TlsError) {
    paper.heading('The outcome')
    renderFailure(paper, error, glyphs)
  } else if (error === undefined && info !== undefined) {
    paper.heading('The outcome')
    renderSummary(paper, info, story, {
      glyphs,
      serverName,
      refused,
      now: start,
      took: seen.took,
    })
  }
}
