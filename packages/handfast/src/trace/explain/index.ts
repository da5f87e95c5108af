/**
 * Sentences for a newcomer: what an event, a message or a field is for, and what somebody who listens can see. The
 * tables beside this file have a line for every name that the engine can say; a test holds them to it.
 */
import { hasExtension } from '../../codec/extension.ts'
import type { Field } from '../../codec/fields.ts'
import { bodyOf, ServerHello } from '../../codec/messages.ts'
import { ExtensionType, HandshakeType } from '../../codec/registry.ts'
import { count, decode } from '../../codec/wire.ts'
import type {
  AlertEvent,
  CheckEvent,
  DecisionEvent,
  Direction,
  KeyScheduleEvent,
  KeysEvent,
  MessageEvent,
  RecordEvent,
  Role,
  SessionEvent,
  StateEvent,
  TraceEvent,
  VerdictEvent,
} from '../events.ts'
import { alerts, otherAlert } from './alerts.ts'
import { checks, decisions, decisions12, failures, otherCheck, transport } from './decisions.ts'
import { extensions, greaseExtension, otherExtension } from './extensions.ts'
import { certificateFields, fields, otherCertificateField } from './fields.ts'
import { keySchedule, keyScheduleInputs, otherKeyScheduleStep } from './keySchedule.ts'
import { keyExchangeMessages, messages, messages12, otherMessage } from './messages.ts'

/** One or two sentences on what an event means. */
export function explain(event: TraceEvent): string {
  switch (event.type) {
    case 'message':
      return withRoles(explainMessage(event), senderOf(event))
    case 'record':
      return explainRecord(event)
    case 'keySchedule':
      return explainKeySchedule(event)
    case 'decision':
      return (isOf12(event) && decisions12[event.what]) || decisions[event.what]
    case 'check':
      return explainCheck(event)
    case 'verdict':
      return explainVerdict(event)
    case 'alert':
      return explainAlert(event)
    case 'state':
      return explainState(event)
    case 'keys':
      return explainKeys(event)
    case 'session':
      return explainSession(event)
    case 'failure':
      return failures[event.blame]
    case 'transport':
      return transport[event.what]
  }
}

/**
 * What a field is for; undefined for a name that is in no table.
 * @param field as annotation gives it; or a name alone: of a field, an extension, a message or a step of the key schedule
 */
export function explainField(
  field: string | Pick<Field, 'name' | 'type' | 'value'>,
): string | undefined {
  if (typeof field === 'string') return explainName(field)
  if (field.type === 'DER') return lookUp(certificateFields, field.name) ?? otherCertificateField
  if (field.type === 'Extension' && field.value !== undefined) return explainExtension(field.value)
  return explainName(field.name)
}

function explainName(name: string): string | undefined {
  const message = lookUp(messages, name)
  if (message !== undefined) return withRoles(message, 'client')
  const tables = [fields, extensions, certificateFields, keySchedule, keyScheduleInputs]
  for (const table of tables) {
    const text = lookUp(table, name)
    if (text !== undefined) return text
  }
  return undefined
}

/** Names come from the peer, too: only what the table itself has counts, not what every object inherits. */
function lookUp(table: Readonly<Record<string, string>>, name: string): string | undefined {
  return Object.hasOwn(table, name) ? table[name] : undefined
}

function explainMessage(event: MessageEvent): string {
  const { name, keyExchange } = event
  const byExchange = Object.hasOwn(keyExchangeMessages, name)
    ? keyExchangeMessages[name]
    : undefined
  return (
    (keyExchange && byExchange?.[keyExchange]) ||
    (versionOf(event) === undefined ? undefined : lookUp(messages12, name)) ||
    (lookUp(messages, name) ?? otherMessage)
  )
}

/** Undefined for TLS 1.3, and where the version is not agreed yet. A client reads the ServerHello before it knows. */
function versionOf({ name, version, bytes }: MessageEvent): number | undefined {
  if (version !== undefined || name !== 'ServerHello') return version
  try {
    const hello = decode(ServerHello, bodyOf({ type: HandshakeType.server_hello, bytes }))
    const is13 = hasExtension(hello.extensions, ExtensionType.supported_versions)
    return is13 ? undefined : hello.legacyVersion
  } catch {
    return undefined
  }
}

/** Suites of TLS 1.2 and before name their key exchange. */
function isOf12({ chosen }: DecisionEvent): boolean {
  return chosen.includes('_WITH_')
}

function explainExtension(name: string): string {
  if (name.startsWith('GREASE')) return greaseExtension
  return lookUp(extensions, name) ?? otherExtension
}

function senderOf({ role, direction }: { role: Role; direction: Direction }): Role {
  return direction === 'sent' ? role : otherRole(role)
}

function otherRole(role: Role): Role {
  return role === 'client' ? 'server' : 'client'
}

function withRoles(text: string, sender: Role): string {
  return text.replaceAll('{sender}', sender).replaceAll('{receiver}', otherRole(sender))
}

const carried: Readonly<Record<string, string>> = {
  handshake: 'part of the handshake',
  application_data: "the application's data",
  alert: 'an alert',
  change_cipher_spec: 'change_cipher_spec',
}

function explainRecord(event: RecordEvent): string {
  const { innerType, protection, bytes, content, nonceLength } = event
  if (innerType === 'change_cipher_spec')
    return 'Up to TLS 1.2 this single byte says that the sender uses the new keys from here on. In TLS 1.3 it does nothing: it makes the handshake look to devices on the way like one that they know.'
  const what = carried[innerType] ?? innerType
  if (protection === 'plaintext')
    return `A record is the envelope in which everything travels. This one carries ${what} in the clear, since there are no keys yet: anyone on the path can read it.`
  if (nonceLength !== undefined)
    return `An encrypted record: an eavesdropper sees ${count(bytes.length, 'byte')}, and that they carry ${what}, but not what it says (${count(content.length, 'byte')}).`
  return `An encrypted record: an eavesdropper sees ${count(bytes.length, 'byte')} marked application_data, and can tell neither that they carry ${what} nor what it says (${count(content.length, 'byte')}).`
}

function explainKeySchedule({ name }: KeyScheduleEvent): string {
  const [, owner, step] = /^(client|server)_(?!early)(.*)$/.exec(name) ?? [name, '', name]
  const family = step === 'application_traffic_secret_0' ? step : step!.replace(/_\d+$/, '')
  const text = lookUp(keySchedule, family) ?? lookUp(keySchedule, name) ?? otherKeyScheduleStep
  return text.replaceAll('{owner}', owner ?? '')
}

const results: Readonly<Record<CheckEvent['result'], string>> = {
  pass: '',
  fail: ' It does not hold: the connection ends here.',
  skipped: ' It was not asked for.',
}

function explainCheck({ what, result }: CheckEvent): string {
  return (lookUp(checks, what) ?? otherCheck) + results[result]
}

function explainVerdict({ of, verdict }: VerdictEvent): string {
  return verdict.valid
    ? `The ${of}'s certificate is accepted: a chain of signatures leads from it to an authority that is trusted here. That says who the ${of} is, not that it is honest.`
    : `The ${of}'s certificate is not accepted: nothing proves that it is the one that was wanted, so the connection ends before anything is told to it.`
}

function explainAlert(event: AlertEvent): string {
  return withRoles(lookUp(alerts, event.description) ?? otherAlert, senderOf(event))
}

function explainState({ step, role }: StateEvent): string {
  const message = /^waiting for (.*)$/.exec(step)?.[1]
  if (message?.includes('KeyUpdate') || message === 'HelloRequest')
    return 'The handshake is over and data flows; of handshake messages only these may still come.'
  if (message !== undefined)
    return `The ${role} has done what it can and waits for the other side: ${message} must come next, and nothing else may.`
  if (step === 'connected')
    return 'The handshake is complete: both sides know the same keys, and what was to be proved is proved. Data can flow.'
  if (step === 'closed by the peer')
    return 'The other side said that it sends nothing more; this side may still finish what it has to say.'
  return `Where the ${role} stands; if something fails now, the error names this step.`
}

function explainKeys({ direction, protection, generation, role, version }: KeysEvent): string {
  const whose = `what the ${senderOf({ role, direction })} sends`
  if (version !== undefined)
    return `From here on ${whose} is encrypted: first its Finished, then the data, all under the same keys. What came before was in the clear.`
  if (generation > 0)
    return `From here on ${whose} is under new keys (generation ${generation}), made from the old ones, which are wiped.`
  if (protection === 'handshake')
    return `From here on ${whose} is encrypted, with keys that are good for the rest of the handshake only.`
  return `From here on ${whose} is under the keys for data; those of the handshake have done their work.`
}

function explainSession({ direction, byId }: SessionEvent): string {
  if (byId)
    return 'Both sides keep the secret of the session under the id that the server gave it. When the client comes back and names the id, both save certificate and signature; unlike with a ticket, the server has to remember.'
  return direction === 'received'
    ? 'The client keeps what it needs to resume later, without certificate and signature. It holds a secret, so it is to be kept like a key.'
    : 'The server can recognize this client when it comes back with the ticket, and both save certificate and signature.'
}
