/** A whole connection on paper: how it was reached, the transcript, the keys, the certificate, the outcome. */
import type { Verdict } from '@handfast/x509'
import { TlsError } from 'handfast'
import type { Observation } from '../net/observe.ts'
import type { Output, Terminal } from '../terminal.ts'
import { colorsFor, widthOf } from '../terminal.ts'
import { renderVerdict } from './certificates.ts'
import { renderEras } from './eras.ts'
import { renderFailure } from './failure.ts'
import { glyphs, isAsciiOnly } from './glyphs.ts'
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

/** Paper for one of the terminal's outputs. */
export function paperOn(terminal: Pick<Terminal, 'env' | 'stderr'>, output: Output): Paper {
  return new Paper(colorsFor(terminal, output), widthOf(terminal, output), isAsciiOnly(terminal))
}

export function renderConnection(paper: Paper, seen: Observation, view: ViewOptions): void {
  const { story, start, info, error } = seen
  const { dim } = paper.colors
  const { bytes, explain, peer, serverName, refused } = view
  for (const { detail, what } of story.transport)
    paper.text(`${glyphs.skip} ${what === 'failed' ? 'the connection failed' : what}: ${detail}`, {
      style: dim,
    })
  const brief = view.brief === true
  renderTranscript(paper, story, { bytes, explain, brief, start, peer })
  if (brief && error === undefined) return
  renderKeySchedule(paper, story.keySchedule, {
    explain,
    resumed: info?.resumed === true,
    ...story.classic,
  })
  if (explain && story.classic !== undefined) renderEras(paper, story.classic.version)
  const verdict = refused ?? story.verdicts.at(-1)?.verdict
  if (verdict !== undefined) renderVerdict(paper, verdict)
  if (error instanceof TlsError) {
    paper.heading('The outcome')
    renderFailure(paper, error, story)
  } else if (error === undefined && info !== undefined) {
    paper.heading('The outcome')
    renderSummary(paper, info, story, {
      serverName,
      refused,
      now: start,
      took: seen.took,
    })
  }
}
