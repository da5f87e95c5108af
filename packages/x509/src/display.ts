/** Certificates shown to people: each field with its bytes, its value in words and the section that defines it. */
export { certificateFields } from './fields.ts'
