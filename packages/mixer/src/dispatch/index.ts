export * from './combine-answers.ts'
export * from './dispatcher.ts'
export * from './identity-namespace.ts'
export * from './routing-table.ts'
