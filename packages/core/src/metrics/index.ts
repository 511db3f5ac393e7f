export * from './prometheus-text.ts'
export * from './stats-registry.ts'
export { parseTagExpression, type TagAttribute, type TagExpression } from './tag-expression.ts'
