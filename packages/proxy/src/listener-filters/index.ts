export * from './arriving-connection.ts'
export * from './listener-filter.ts'
