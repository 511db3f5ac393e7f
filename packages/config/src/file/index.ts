export { FileSource, type FileSourceOptions } from './file-source.ts'
export { readFiles } from './read-files.ts'
