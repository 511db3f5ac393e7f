export { fileLocator } from './locate.ts'
export { FileSource, type FileSourceOptions } from './file-source.ts'
export { readFiles, readText, type FilesRead } from './read-files.ts'
