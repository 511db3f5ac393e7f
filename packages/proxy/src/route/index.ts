export { HeaderTable } from '../http/header-table.ts'
export { readRouteTable } from './read-route-table.ts'
export type { RequestView } from './request-view.ts'
export { RouteTable } from './route-table.ts'
