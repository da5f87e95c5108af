/** The examples of docs/trace.md are what it says they are. */
import { readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { Ajv2020 } from 'ajv/dist/2020.js'
import { expect, test } from 'vitest'
import { explainField } from '../../src/trace/index.ts'

const text = readFileSync(new URL('../../../../docs/trace.md', import.meta.url), 'utf8')
const examples = [...text.matchAll(/^```json\n(.*?)^```$/gms)].map(([, json]) => JSON.parse(json!))
// By the name under which the package publishes it.
const schema = createRequire(import.meta.url)('handfast/trace/schema.json')

test('there is an example of each type of event, under its heading, and the schema accepts it', () => {
  const validate = new Ajv2020().compile(schema)
  for (const example of examples)
    expect(validate(example), `${example.type}: ${JSON.stringify(validate.errors)}`).toBe(true)
  const types = schema.oneOf.map(({ $ref }: { $ref: string }) => $ref.replace('#/$defs/', ''))
  const headings = [...text.matchAll(/^### `(\w+)`/gm)].map(([, type]) => type)
  expect(examples.map(({ type }) => type)).toEqual(types)
  expect(headings).toEqual(types)
})

test('the explanation that is quoted is the one that is given', () => {
  const quoted = /explainField\('key_share'\)\n\n(.*?)\n```/s.exec(text)![1]!
  expect(quoted.replace(/\s+/g, ' ').trim()).toBe(explainField('key_share'))
})
