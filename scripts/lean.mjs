// The lean build: the same program without its sentences, for a bundle in which a kilobyte counts more than an explanation.
//
// What a program acts on stays: codes, blame, alerts, sections, fields, numbers. What only a person reads goes: a message becomes
// its code, `help` is empty, checks do not say against what they were made, the trace has no decisions. The places that hold words
// are listed here, and all else is left as it is. A sentence that stands anywhere else ends the build, and so does a place whose
// words are made in a way that may do more than that: what the program does must not hang on them.

import { walk } from 'estree-walker'
import MagicString from 'magic-string'

/**
 * Arguments that are words, and what stands there instead, by the name of what is called: `name`, `.method`, `new Class`;
 * `.method/4` has four arguments, `owner.method` is called on that one alone.
 */
const argumentsOfWords = {
  'new ConfigurationError': { 1: "''", 2: 'undefined' },
  'new TlsError': { 1: "''" },
  'new X509Error': { 1: "''" },
  'super/1': { 0: "''" },
  // An error of what is read: its field and its place stay.
  '.error': { 0: "''" },
  '.fail/1': { 0: "'ERR_DECODE'" },
  bad: { 0: "''" },
  fail: { 0: "''", 1: "''" },
  none: { 0: "''" },
  unsupported: { 0: "''" },
  // What helps.
  certificate: { 0: "''" },
  incompatible: { 0: "''" },
  nothingInCommon: { 2: "''" },
  peerBroke: { 2: "''" },
  // Of whom or what is spoken.
  '.#count': { 2: "''" },
  addFailure: { 2: "''" },
  checkLength: { 0: "''" },
  malformed: { 1: "''" },
  refuseDuplicates: { 1: "''" },
  refuseUnsolicited: { 2: "''" },
  // Why not: that there is a reason is what counts.
  '#problems.push': { 0: "'-'" },
  'reasons.push': { 0: "'-'" },
  refused: { 1: "'-'" },
  tell: { 2: "'-'" },
  unknownStatus: { 0: "'-'" },
  unusable: { 0: "'-'" },
}

/** The same, whatever stands there: it is for reading, also where it is no text of ours. */
const argumentsToRead = {
  '.fail/4': { 1: "''" },
  '.fail/5': { 1: "''" },
  '.pass': { 1: "''", 3: 'undefined' },
  '.skip': { 1: "''", 3: "''" },
  signatureProblem: { 2: "''" },
  // Of a field of a message: where it is defined, and its value in words.
  defineExtension: { 1: "''" },
  shown: { 1: 'undefined' },
  struct: { 1: "''" },
}

/** Properties and constants that are words. */
const words = setOf(
  'against brokenPeer descriptions detail help is issuerName message more shown some subject where why',
)

/** Functions, properties and constants that say why not, if so: their words become a mark. */
const reasons = setOf(
  'constraintProblem delegateProblem distributionProblem extensionProblem freshness judgeClient judgeState noAcceptable',
  'noPolicy nonceProblem problem #problem reason scopeProblem subject syntaxProblem usable violation whyNot whyNotResume wrong',
)

/** Methods that tell a listener something, and nothing else. */
const telling = setOf('.checked .decide')

/** Functions that make words and do nothing else: where nobody reads them, the call falls away. */
const wording = setOf(
  'briefGeneralName briefName cipherSuiteName count describeKey describeOid describeUsage formatGeneralName formatName formatTime',
  'hexByte hexOf listNames nameOf namesOf notTls offer oidName printable showServerRandom toHex versionsOf writeTime',
  '.#describe .#nameOf .#namesOf .flatMap .has .join .map .slice',
)

/** Calls whose words stay: names of steps, and errors that have no code. */
const keptWords = setOf('.at .settle', 'new_Error new_RangeError new_TypeError')

/** What looks like a sentence, and is a label that is hashed, a name, or the place of an error. */
const noSentences = new Set(
  [
    'c e traffic|c hs traffic|s hs traffic|c ap traffic|s ap traffic|e exp master|extended master secret',
    'EC PRIVATE KEY|ENCRYPTED PRIVATE KEY|RSA PRIVATE KEY|extended key usage|stapled OCSP response',
    'a finite field of x bits|x x x| at byte x|x: x (at byte x)',
  ].flatMap((line) => line.split('|')),
)

const sentence = /[a-z'’]+,? [a-z'’]+,? [a-z'’]+/i

/** Rooms of `@handfast/x509` that are there to be read. */
const toBeRead = /\/(profiles\/\w+|describe-extension|oid-names)\.js$/

/** For Rollup: takes the words out of each file. */
export const withoutWords = {
  name: 'without words',
  transform(source, file) {
    if (toBeRead.test(file)) return undefined
    return takeWords(source, this.parse(source), (node, why) =>
      this.error(`${why}: scripts/lean.mjs has to know it`, node.start),
    )
  },
}

/** @param fail is told what is not known */
function takeWords(source, program, fail) {
  const text = new MagicString(source)
  const gone = new Set()

  function replace(node, by) {
    if (!isHarmless(node)) fail(node, 'Words are made in an unknown way')
    gone.add(node)
    text.update(node.start, node.end, by)
  }

  /** Replaces words where they are the value, and keeps what decides whether there are any. */
  function replaceReasons(node) {
    const branches = branchesOf(node)
    if (isText(node) || (node.type === 'ConditionalExpression' && branches.every(isText)))
      replace(node, "'-'")
    else for (const branch of branches) replaceReasons(branch)
  }

  /** What stands for a message: that of the error it tells of, else the code. */
  function messageFor(value, siblings = []) {
    const cause = value.expressions?.find(({ property }) => property?.name === 'message')
    const code = siblings.find((property) => nameOf(property) === 'code')?.value
    const parts = [cause, code].filter(Boolean)
    return parts.map(({ start, end }) => source.slice(start, end)).join(' || ') || "''"
  }

  function tell(node) {
    const told = node.type === 'ExpressionStatement' ? node.expression.arguments : []
    if (!told.every(isHarmless)) fail(node, 'Something is told in an unknown way')
    gone.add(node)
    text.update(node.start, node.end, ';')
  }

  function call(node, name) {
    if (telling.has(name)) fail(node, 'Something is told in an unknown way')
    const ofWords = find(argumentsOfWords, node)
    const toRead = find(argumentsToRead, node)
    node.arguments.forEach((argument, i) => {
      if (i in toRead) replace(argument, toRead[i])
      else if (i in ofWords && hasWords(argument)) replace(wordsOf(argument), ofWords[i])
    })
    if (isWording(node)) text.appendLeft(node.start, '/* @__PURE__ */ ')
  }

  function named(value, name, siblings) {
    if (name === 'show') replace(value, 'undefined')
    else if (words.has(name) && hasWords(value))
      replace(value, name === 'message' ? messageFor(value, siblings) : "''")
    else if (reasons.has(name))
      replaceReasons(value.type === 'ArrowFunctionExpression' ? value.body : value)
  }

  const within = []
  walk(program, {
    enter(node, parent) {
      if (isTelling(node)) tell(node)
      if (gone.has(node)) return this.skip()
      const name = nameOf(node)
      within.push(name)
      if (isCall(node)) call(node, name)
      else if (isNamed(node, parent)) named(node.value ?? node.init, name, parent.properties)
      else if (node.type === 'ReturnStatement' && within.some((outer) => reasons.has(outer)))
        replaceReasons(node.argument ?? node)
    },
    leave() {
      within.pop()
    },
  })
  refuseSentences(program, gone, fail)
  return { code: text.toString(), map: text.generateMap({ hires: true }) }
}

function refuseSentences(program, gone, fail) {
  walk(program, {
    enter(node) {
      const name = nameOf(node)
      const isKept = isCall(node)
        ? keptWords.has(name.replace(' ', '_'))
        : name === 'step' || wording.has(name) || wording.has(`.${name}`)
      if (gone.has(node) || isKept) return this.skip()
      const written = textOf(node)
      if (sentence.test(written) && !noSentences.has(written))
        fail(node, 'A sentence stands in an unknown place')
    },
  })
}

/** What is called, or the name of what is made here; undefined for all else. */
function nameOf(node) {
  switch (node.type) {
    case 'NewExpression':
      return `new ${node.callee.name}`
    case 'CallExpression':
      if (node.callee.type === 'Super') return 'super'
      return node.callee.property ? `.${idOf(node.callee.property)}` : `${node.callee.name}`
    case 'MethodDefinition':
    case 'Property':
      return idOf(node.key)
    case 'FunctionDeclaration':
    case 'VariableDeclarator':
      return node.id?.name
    default:
      return undefined
  }
}

function idOf({ type, name }) {
  return type === 'PrivateIdentifier' ? `#${name}` : name
}

function isCall({ type }) {
  return type === 'CallExpression' || type === 'NewExpression'
}

/** A statement that tells, or the method that it calls. */
function isTelling(node) {
  if (node.type === 'MethodDefinition') return telling.has(`.${nameOf(node)}`)
  return node.type === 'ExpressionStatement' && telling.has(nameOf(node.expression))
}

/** A property of an object, or a constant, that has a value. */
function isNamed(node, parent) {
  if (node.type === 'VariableDeclarator') return node.init !== null
  return node.type === 'Property' && parent.type === 'ObjectExpression' && !node.shorthand
}

/** What a table has for a call. */
function find(table, node) {
  const name = nameOf(node)
  const { object } = node.callee
  const owner = object && idOf(object.property ?? object)
  return {
    ...table[name],
    ...table[`${name}/${node.arguments.length}`],
    ...table[`${owner}${name}`],
  }
}

/** The text that is written here, an `x` in each gap. */
function textOf(node) {
  if (node.type === 'TemplateLiteral') return node.quasis.map(({ value }) => value.raw).join('x')
  return node.type === 'Literal' && typeof node.value === 'string' ? node.value : undefined
}

function isText(node) {
  return textOf(node) !== undefined
}

/** The expressions of which one is the value. */
function branchesOf(node) {
  if (node.type === 'ConditionalExpression') return [node.consequent, node.alternate]
  return node.type === 'LogicalExpression' ? [node.left, node.right] : []
}

/** Whether an expression is, or may be, words that are made here. */
function hasWords(node) {
  if (node.type === 'ObjectExpression')
    return node.properties.every(({ value }) => value && hasWords(value))
  if (nameOf(node) === '.join' || isWording(node)) return true
  return isText(node) || branchesOf(node).some(hasWords)
}

/** A call of a function that makes words. */
function isWording(node) {
  return (
    node.type === 'CallExpression' && node.callee.type === 'Identifier' && wording.has(nameOf(node))
  )
}

/** Of `message ?? 'words'` the words, where what stands before them is none. */
function wordsOf(node) {
  return node.type === 'LogicalExpression' && !hasWords(node.left) ? node.right : node
}

/** Whether an expression makes words, or a function, and does nothing else. */
function isHarmless(node) {
  let harmless = true
  if (node.type !== 'ArrowFunctionExpression')
    walk(node, {
      enter(inner) {
        if (inner.type === 'CallExpression') harmless &&= wording.has(nameOf(inner))
        else if (/^(Assignment|Await|Update|Yield)Expression$/.test(inner.type)) harmless = false
        else if (inner.type === 'NewExpression') harmless &&= nameOf(inner) === 'new Set'
      },
    })
  return harmless
}

function setOf(...lines) {
  return new Set(lines.flatMap((line) => line.split(' ')))
}
