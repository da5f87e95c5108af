/** XMPP, client to server (RFC 6120 §5.4): stream, features, starttls, proceed. */
import type { Dialogue } from './dialogue.ts'

const tlsNamespace = 'urn:ietf:params:xml:ns:xmpp-tls'

export const xmpp: Dialogue = async (conversation, { serverName }) => {
  const to = serverName.replace(/[<>&'"]/g, (character) => `&#${character.charCodeAt(0)};`)
  conversation.send(
    `<?xml version='1.0'?><stream:stream to='${to}' version='1.0' xml:lang='en' ` +
      `xmlns='jabber:client' xmlns:stream='http://etherx.jabber.org/streams'>`,
  )
  const end = /<stream:features\s*\/>|<\/stream:features\s*>|<\/stream:stream\s*>/
  const { input } = await conversation.until(end)
  if (!input.includes(tlsNamespace))
    throw conversation.refused('starttls is not among its stream features')
  conversation.send(`<starttls xmlns='${tlsNamespace}'/>`)
  const [answer] = await conversation.until(/<(?:proceed|failure|\/stream:stream)[^>]*>/)
  if (!answer.startsWith('<proceed')) throw conversation.refused(answer)
  // `<proceed …></proceed>` is the same as `<proceed …/>`.
  if (!answer.endsWith('/>')) await conversation.until(/^\s*<\/proceed\s*>/)
}
