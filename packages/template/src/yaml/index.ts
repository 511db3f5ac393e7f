export * from './parse-yaml.ts'
export * from './to-json.ts'
export * from './to-yaml.ts'
