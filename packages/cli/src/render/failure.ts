/** A failure told: what happened, who is at fault, who was told, what to do. */
import { type Blame, ConfigurationError, type TlsError } from 'handfast'
import { explain } from 'handfast/trace'
import { CommandError } from '../exit.ts'
import { adviceFor, certificateAdviceOfOurs } from './advice.ts'
import { glyphs } from './glyphs.ts'
import type { Paper } from './paper.ts'
import type { Story } from './story.ts'

const faultInWords: Readonly<Record<Blame, string>> = {
  peer: 'the other side: it breaks the protocol, or the bytes were changed on their way',
  incompatible: 'nobody: the two sides have nothing in common',
  certificate: 'whoever runs the server: its certificate does not hold',
  caller: 'what this command was told to do',
  transport: 'the connection underneath, or the other side, which ended it',
  library: 'handfast: this is a bug',
}

/** The chapter that ends a handshake that failed. */
export function renderFailure(paper: Paper, error: TlsError, story: Story): void {
  const { red, bold } = paper.colors
  const alert = story.lastAlert
  const isForCertificate = error.received === 'handshake_failure' && gaveNoCertificate(story)
  const row = (label: string, value: string) => paper.row(label, value, { column: 22 })
  paper.gap()
  paper.text(`${glyphs.fail} ${sentence(error.message.replace('The peer', 'The server'))}`, {
    style: (text) => bold(red(text)),
  })
  if (isForCertificate)
    paper.text(
      'It asked for a certificate and got none: up to TLS 1.2 there is no alert of its own for that.',
      { indent: 4 },
    )
  else if (alert !== undefined && error.code === 'ERR_ALERT_RECEIVED')
    paper.text(explain(alert), { indent: 4 })
  paper.gap()
  row('who is at fault', isForCertificate ? faultOfOurs : blameOf(error))
  row('alert', alertInWords(error))
  if (error.step) row('where it stood', error.step)
  if (error.section) row('the rule', error.section)
  row('what to do', isForCertificate ? certificateAdviceOfOurs : adviceFor(error))
  row('code', error.code)
}

const faultOfOurs =
  'this side: the server does not accept the certificate that it was shown, or wants one'

/** The server asked, and our Certificate message is empty: a header, and a list of no length. */
function gaveNoCertificate({ messages }: Story): boolean {
  const asked = messages.some(({ name, version }) => name === 'CertificateRequest' && version)
  const ours = messages.find(
    ({ name, direction }) => name === 'Certificate' && direction === 'sent',
  )
  return asked && ours?.bytes.length === 7
}

function blameOf({ blame, received, verdict }: TlsError): string {
  if (verdict?.failures[0]?.code.match(/^unknown-issuer$|^self-signed/))
    return 'whoever runs the server, or this side, which was not told to trust its authority'
  if (blame === 'certificate' && received !== undefined) return faultOfOurs
  return faultInWords[blame]
}

function alertInWords({ alert, received }: TlsError): string {
  if (received !== undefined) return `${received}, from the server`
  if (alert !== undefined) return `${alert}, sent to the server`
  return 'none: there is nobody to tell'
}

/** A host at the beginning is left as it is: it has a dot or a port. */
function sentence(message: string): string {
  const text = message.replace(/^[a-z](?=[a-z]* )/, (letter) => letter.toUpperCase())
  return /[.!?]$/.test(text) ? text : `${text}.`
}

/** Any error in two or three lines, for stderr. */
export function renderError(paper: Paper, error: unknown): void {
  const { red, dim } = paper.colors
  const message = error instanceof Error ? error.message : String(error)
  const isForeseen =
    error instanceof CommandError || error instanceof ConfigurationError || isTlsError(error)
  paper.text(`${glyphs.fail} ${isForeseen ? sentence(message) : `handfast failed: ${message}`}`, {
    style: red,
    indent: 0,
  })
  const help = isTlsError(error)
    ? adviceFor(error)
    : isForeseen
      ? (error as CommandError | ConfigurationError).help
      : 'This is a bug in handfast: please report it, with what is below.'
  if (help) paper.text(help, { style: dim })
  if (!isForeseen && error instanceof Error && error.stack)
    for (const line of error.stack.split('\n').slice(1)) paper.text(line.trim(), { style: dim })
}

function isTlsError(error: unknown): error is TlsError {
  return error instanceof Error && error.name === 'TlsError' && 'blame' in error
}
