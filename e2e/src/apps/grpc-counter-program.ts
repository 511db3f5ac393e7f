// The gRPC application as a program of its own, on `PORT` of 127.0.0.1.
import { serveCounter } from './grpc-counter.ts'

await serveCounter(Number(process.env['PORT']))
process.send?.({ kind: 'ready' })
