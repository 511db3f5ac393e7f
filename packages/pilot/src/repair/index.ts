export { repair, type Repaired } from './repair.ts'
