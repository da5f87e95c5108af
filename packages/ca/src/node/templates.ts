/** Templates: options for `issue` under a name, those that are built in and those in the directory's `templates/`. */
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { type KeyType, keyTypes } from '../keys.ts'
import type { DistinguishedName } from '../names.ts'
import { DirectoryError } from './errors.ts'
import { isName, places } from './layout.ts'

export interface Template {
  readonly keyType?: KeyType
  readonly days?: number
  readonly extendedKeyUsage?: readonly string[]
  readonly subject?: DistinguishedName
  /** The name of the authority that signs. */
  readonly from?: string
}

const builtIn: Readonly<Record<string, Template>> = {
  server: { extendedKeyUsage: ['serverAuth'] },
  client: { extendedKeyUsage: ['clientAuth'] },
  /** For programs that are server and client to each other. */
  peer: { extendedKeyUsage: ['serverAuth', 'clientAuth'] },
  mail: { extendedKeyUsage: ['emailProtection'], days: 365 },
}

const isText = (value: unknown) => typeof value === 'string'

/** What a template may say, and what it must be. */
const properties: Readonly<Record<keyof Template, (value: unknown) => boolean>> = {
  keyType: (value) => (keyTypes as readonly unknown[]).includes(value),
  days: (value) => typeof value === 'number' && value > 0,
  extendedKeyUsage: (value) => Array.isArray(value) && value.every(isText),
  subject: (value) =>
    typeof value === 'object' &&
    value !== null &&
    Object.entries(value).every(
      ([name, text]) =>
        ['country', 'organization', 'organizationalUnit', 'commonName'].includes(name) &&
        isText(text),
    ),
  from: isText,
}

/** @throws DirectoryError `unknown-name`, or `damaged` where a file is no template */
export function readTemplate(directory: string, name: string): Template {
  if (isName(name)) {
    const path = join(places.templates(directory), `${name}.json`)
    let text: string | undefined
    try {
      text = readFileSync(path, 'utf8')
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error
    }
    if (text !== undefined) return parseTemplate(text, path)
    if (Object.hasOwn(builtIn, name)) return builtIn[name]!
  }
  throw new DirectoryError(
    'unknown-name',
    `there is no template '${name}'`,
    `Known are ${templateNames(directory).join(', ')}; others are files templates/NAME.json in ${directory}.`,
  )
}

export function templateNames(directory: string): readonly string[] {
  let own: string[] = []
  try {
    own = readdirSync(places.templates(directory)).filter((name) => name.endsWith('.json'))
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error
  }
  return [...new Set([...Object.keys(builtIn), ...own.map((name) => name.slice(0, -5))])]
}

function parseTemplate(text: string, path: string): Template {
  const problem = (what: string, cause?: unknown) =>
    new DirectoryError('damaged', `${path}: ${what}`, 'Correct the file.', cause)
  let template: unknown
  try {
    template = JSON.parse(text)
  } catch (error) {
    throw problem('it is not JSON', error)
  }
  if (typeof template !== 'object' || template === null || Array.isArray(template)) {
    throw problem('it is not an object')
  }
  for (const [name, value] of Object.entries(template)) {
    if (!Object.hasOwn(properties, name)) {
      throw problem(`'${name}' is not known; known are ${Object.keys(properties).join(', ')}`)
    }
    if (!properties[name as keyof Template](value)) throw problem(`'${name}' cannot be that`)
  }
  return template
}
