/** docs/errors.md has every code of a failure, and what the full build says of it. `npx vitest run -u` writes it anew. */
import { fileURLToPath } from 'node:url'
import { expect, it } from 'vitest'
import { alertAdvice } from '../src/alertAdvice.ts'
import { AlertDescription } from '../src/codec/registry.ts'
import { failureTable } from '../src/errors.ts'

const page = fileURLToPath(new URL('../../../docs/errors.md', import.meta.url))

interface Row {
  readonly blame: string
  readonly alert?: string
  readonly section: string
  readonly help: string
}

function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  return [head, head.map(() => '---'), ...rows].map((row) => `| ${row.join(' | ')} |`).join('\n')
}

function text(): string {
  const failures = Object.entries<Row>(failureTable).map(
    ([code, { blame, alert = '', section, help }]) => [`\`${code}\``, blame, alert, section, help],
  )
  const alerts = Object.keys(AlertDescription).flatMap((name) => {
    const { blame = failureTable.ERR_ALERT_RECEIVED.blame, help } = alertAdvice(name) ?? {}
    return help === undefined ? [] : [[name, blame, help]]
  })
  return `# Errors

A \`TlsError\` says by its \`code\` what failed: match that, for messages may change. \`blame\` says who is at fault, \`alert\` what the peer
is told, \`section\` which rule was broken, \`help\` what to do; a failure may know more than its code, and then has a more precise
section, another alert, or more helpful words than stand here. \`ConfigurationError\` is the caller's mistake: its code begins with
\`ERR_\` as well, and its message says which option it is. Why a certificate was refused says \`verdict.failures\`, whose codes
are those of \`FailureCode\` in \`@handfast/x509\`.

The [lean build](bundles.md) has the codes, and leaves the words to this page.

${table(['code', 'blame', 'alert', 'section', 'what to do'], failures)}

## Alerts from the peer

\`ERR_ALERT_RECEIVED\` has the alert's name as \`received\`.

${table(['received', 'blame', 'what to do'], alerts)}
`
}

it('docs/errors.md is made of the tables', async () => {
  await expect(text()).toMatchFileSnapshot(page)
})
