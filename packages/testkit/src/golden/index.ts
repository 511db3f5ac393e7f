export * from './expect-golden.ts'
