export * from './kept-resource.ts'
export * from './last-good-copy.ts'
