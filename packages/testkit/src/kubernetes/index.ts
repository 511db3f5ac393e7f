export * from './test-api-server.ts'
export { InstallBench } from './install-bench.ts'
export { type Answer, WebhookPilot } from './webhook-pilot.ts'
