/** What was learnt from a message, or done because of it: choices, checks, keys, sessions, a row for each. */
import type { Verdict } from '@handfast/x509'
import type { KeysEvent } from 'handfast'
import { shortName } from './certificates.ts'
import type { Explainer } from './explainer.ts'
import { glyphs } from './glyphs.ts'
import type { Paper, Style } from './paper.ts'
import type { Note } from './story.ts'
import { bytes, count, span } from './words.ts'

/** Columns: arrows begin at 2, what is said of a message at 6, values at 30. */
export const notesAt = 6
export const valuesAt = 30

interface NotesTelling {
  /** Only what makes a resumption one. */
  readonly brief: boolean
  readonly explainer: Explainer
}

export function renderNotes(paper: Paper, notes: readonly Note[], telling: NotesTelling): void {
  if (telling.brief) {
    for (const note of notes)
      if (note.type === 'decision' && note.what === 'resumption') renderNote(paper, note, telling)
    return
  }
  for (let i = 0; i < notes.length; i++) {
    const note = notes[i]!
    const next = notes[i + 1]
    if (note.type === 'keys' && next?.type === 'keys' && areFirstOfBoth(note, next)) {
      renderFirstKeys(paper, note)
      i++
    } else renderNote(paper, note, telling)
  }
}

/** New keys for both directions at once are one thing to tell. */
function areFirstOfBoth(a: KeysEvent, b: KeysEvent): boolean {
  return a.protection === b.protection && a.direction !== b.direction && a.generation === 0
}

function renderFirstKeys(paper: Paper, { protection }: KeysEvent): void {
  const text =
    protection === 'handshake'
      ? "from here on both sides' messages are encrypted"
      : 'for the data of both sides'
  paper.row(`+ ${protection} keys`, text, {
    indent: notesAt,
    column: valuesAt,
    labelStyle: paper.colors.cyan,
  })
}

function renderNote(paper: Paper, note: Note, { explainer }: NotesTelling): void {
  const { green, red, yellow, dim, cyan } = paper.colors
  const say = (sign: string, style: Style, what: string, text: string) =>
    paper.row(`${sign} ${what}`, text, {
      indent: notesAt,
      column: valuesAt,
      labelStyle: style,
    })
  switch (note.type) {
    case 'decision': {
      const offered = note.offered.filter((name) => !name.startsWith('GREASE'))
      const among = offered.length > 1 ? `, of ${offered.length} offered` : ''
      say(glyphs.to, yellow, note.what, `${note.chosen}${among}. ${note.why}`)
      break
    }
    case 'check': {
      const [sign, style] = {
        pass: [glyphs.pass, green],
        fail: [glyphs.fail, red],
        skipped: [glyphs.skip, dim],
      }[note.result] as [string, Style]
      const verb = { pass: 'verified against', fail: 'fails against', skipped: 'not checked:' }
      const detail = note.detail === undefined ? '' : `: ${note.detail}`
      say(sign, style, note.what, `${verb[note.result]} ${note.against}${detail}`)
      break
    }
    case 'keys':
      say(
        '+',
        cyan,
        note.version === undefined ? `${note.protection} keys` : 'keys',
        keysInWords(note),
      )
      break
    case 'verdict': {
      const failed = note.verdict.failures[0]
      if (note.verdict.valid) say(glyphs.pass, green, 'certificate', acceptedInWords(note.verdict))
      else say(glyphs.fail, red, 'certificate', failed?.message ?? 'refused')
      break
    }
    case 'session':
      say(
        '+',
        cyan,
        'session',
        `${note.byId ? 'a session id' : 'a ticket'} of ${bytes(note.ticketLength)}, good for ${span(note.lifetime)}`,
      )
      break
  }
  if (note.type === 'decision') explainer.once(paper, note.what, note, valuesAt)
}

function keysInWords({ direction, protection, generation, version }: KeysEvent): string {
  const owner = direction === 'sent' ? 'client' : 'server'
  if (version !== undefined)
    return `from here on all that the ${owner} sends is encrypted: Finished, then the data`
  if (generation > 0)
    return `the ${owner} encrypts with new keys from here on (change ${generation})`
  return protection === 'handshake'
    ? `from here on the ${owner}'s messages are encrypted`
    : `for the data that the ${owner} sends`
}

function acceptedInWords({ path, checks }: Verdict): string {
  const failed = checks.find(({ result }) => result === 'fail')
  if (failed !== undefined)
    return `taken as you asked (--insecure); it fails: ${failed.detail ?? failed.what}`
  const passed = checks.filter(({ result }) => result === 'pass').length
  const anchor = path.at(-1)
  return anchor === undefined || passed === 0
    ? 'accepted without a check'
    : `accepted: ${count(passed, 'check')} passed, up to ${shortName(anchor.subject)}`
}
