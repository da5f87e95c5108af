/**
 * `handfast/trace`: what a connection does, made readable. The engine tells events (`TraceEvent`); here they become
 * named fields (`annotate`), sentences (`explain`) and JSON (`toJson`).
 */
export type { Field } from '../codec/fields.ts'
export { annotate, annotateMessage } from './annotate.ts'
export type * from './events.ts'
export { explain, explainField } from './explain/index.ts'
export { fieldsToJson, type JsonEvent, type JsonField, toJson } from './json.ts'
export { displayName } from './names.ts'
export type { JsonAnchor, JsonCertificate, JsonFailure, JsonVerdict } from './verdictJson.ts'
