/** `node --import handfast/register app.js`: this library in the place of node:tls, for the whole process. */
import { replaceNodeTls } from './replaceNodeTls.ts'

export { isRegistered } from './isRegistered.ts'

replaceNodeTls()
