// A mail server that prints each message as a line of JSON. Argument: a file of JSON with its options and its certificate.

import { readFileSync } from 'node:fs'
import { SMTPServer } from 'smtp-server'

const options = JSON.parse(readFileSync(process.argv[2], 'utf8'))
const server = new SMTPServer({
  ...options,
  authOptional: true,
  onAuth: ({ username, password }, _, answer) =>
    password === 'secret' ? answer(null, { user: username }) : answer(new Error('no')),
  onData(stream, session, done) {
    const parts = []
    stream
      .on('data', (part) => parts.push(part))
      .on('end', () => {
        const { secure, user, servername, tlsOptions } = session
        const text = Buffer.concat(parts).toString('latin1')
        console.log(JSON.stringify({ secure, user, servername, tlsOptions, text }))
        done()
      })
  },
})
server.on('error', (error) => console.error('error', error.code))
server.listen(0, '127.0.0.1', () => console.log(`port ${server.server.address().port}`))
