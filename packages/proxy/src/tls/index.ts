export * from './peer-certificate.ts'
export * from './secrets.ts'
