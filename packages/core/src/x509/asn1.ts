// The library resolves its algorithms through decorators, which need this polyfill to be loaded before it.
import 'reflect-metadata'

export * from '@peculiar/x509'
