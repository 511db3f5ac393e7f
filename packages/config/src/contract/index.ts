export * from './describe-config-source.ts'
