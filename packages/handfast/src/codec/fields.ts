/**
 * What annotation collects: the fields that a reader passed, with their places. See `wire.ts`, where the descriptions of
 * the structures are made, and `annotate` in `handfast/trace`, which is the use of it.
 */
import { TlsError } from '../errors.ts'

/** A field as it stood on the wire, for display. Offsets are bytes from the start of what was read. */
export interface Field {
  /** The RFC's name, `legacy_session_id`. */
  readonly name: string
  /** The RFC's type, `opaque<0..32>`. */
  readonly type: string
  readonly start: number
  end: number
  /** Where the content of a vector begins, behind its length. */
  contentStart?: number
  /** The value in words where it has some: a name of a registry, a number, text. */
  value?: string
  /** Where the field is defined, `RFC 8446 §4.1.2`. */
  section?: string
  /** Why the bytes cannot be this field; there where a structure does not decode. */
  problem?: string
  readonly children: Field[]
}

/** A field that has been entered and not left. */
interface Open {
  readonly field: Field
  /** Fields entered within it, its length not counted: in a list, its elements. */
  elements: number
}

/** Collects the fields that a reader passes. */
export class FieldRecorder {
  readonly fields: Field[] = []
  readonly #open: Open[] = []
  readonly #base: number
  /** False where only `path` is of interest: then no more is kept than the fields that are open. */
  readonly keeps: boolean

  /** @param base added to every offset: where the reader's first byte stands in what is annotated */
  constructor({
    base = 0,
    keeps = true,
  }: { readonly base?: number; readonly keeps?: boolean } = {}) {
    this.#base = base
    this.keeps = keeps
  }

  enter(name: string, type: string, start: number, section?: string): void {
    const parent = this.#open.at(-1)
    if (parent !== undefined && name !== 'length') parent.elements++
    this.#open.push({ field: this.#add(name, type, start, start, section), elements: 0 })
  }

  leave(end: number, value?: string): void {
    const field = this.#open.pop()?.field
    if (field === undefined) return
    field.end = end + this.#base
    if (value !== undefined) field.value = value
  }

  /** Says where the content of the open vector begins. */
  content(start: number): void {
    const field = this.#open.at(-1)?.field
    if (field !== undefined) field.contentStart = start + this.#base
  }

  /** Says what the open field is before it is read to its end. */
  describe(value: string, section: string | undefined): void {
    const field = this.#open.at(-1)?.field
    if (field === undefined) return
    field.value = value
    if (section !== undefined) field.section = section
  }

  /** Fields that have been entered and not left. */
  get depth(): number {
    return this.#open.length
  }

  /**
   * Ends what cannot be read on: every byte up to `end` still belongs to a field, and the one that broke says why.
   * @param depth of the fields that stay open
   */
  breakOff({ at, limit, why }: DecodeError, end: number, depth = 0): void {
    const broken = this.#open.length > depth ? this.#open.at(-1)?.field : undefined
    if (broken !== undefined) broken.problem = why
    if (at < limit && (broken === undefined || broken.children.length > 0)) {
      const rest = this.#add('undecoded', 'opaque[…]', at, limit)
      if (broken === undefined) rest.problem = why
    }
    while (this.#open.length > depth) this.leave(limit)
    if (limit < end) this.#add('undecoded', 'opaque[…]', limit, end)
  }

  /** The fields that are open, as a path: `.extensions.key_share.client_shares[0].group`. */
  get path(): string {
    return this.#open
      .map(({ field }, i) => {
        const parent = this.#open[i - 1]
        if (parent?.field.type.endsWith('>') !== true || field.name === 'length')
          return `.${field.name}`
        if (field.type === 'Extension' && field.value !== undefined) return `.${field.value}`
        return `[${parent.elements - 1}]`
      })
      .join('')
  }

  #add(name: string, type: string, start: number, end: number, section?: string): Field {
    const field: Field = {
      name,
      type,
      start: start + this.#base,
      end: end + this.#base,
      children: [],
      ...(section === undefined ? {} : { section }),
    }
    if (this.keeps) (this.#open.at(-1)?.field.children ?? this.fields).push(field)
    return field
  }
}

/** Bytes that are not what they should be. `decode` gives it the name of the field. */
export class DecodeError extends TlsError {
  /** Where it was noticed, in bytes from the start of what was read. */
  readonly at: number
  /** Where the innermost vector ends. */
  readonly limit: number
  readonly why: string

  constructor(where: string, why: string, at: number, limit: number) {
    super('ERR_DECODE', `${where}: ${why} (at byte ${at})`)
    this.at = at
    this.limit = limit
    this.why = why
  }
}
