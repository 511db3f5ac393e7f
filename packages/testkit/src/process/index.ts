export { Child, type ChildOptions } from './child.ts'
export { LogCapture } from './log-capture.ts'
export { builtProgram, type Program, type ProgramName, siblingProgram } from './program.ts'
export { startProgram, type StartOptions } from './start.ts'
