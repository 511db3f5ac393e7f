import type { MeshConfigSpec, ObjectOf } from '@meshwork/config/kinds'

const CLASS_ANNOTATION = 'kubernetes.io/ingress.class'
/** `IngressClass.spec.controller` of Ingresses that the mesh serves. */
const CONTROLLER = 'istio.io/ingress-controller'

/** Whether the mesh serves an Ingress (MeshConfig.ingressControllerMode): by its annotation, which is older, else by its class. */
export function servesIngress(
  { meta, spec }: ObjectOf<'Ingress'>,
  classes: ReadonlyMap<string, ObjectOf<'IngressClass'>>,
  mesh: Pick<MeshConfigSpec, 'ingressClass' | 'ingressControllerMode'>,
): boolean {
  const annotated = meta.annotations[CLASS_ANNOTATION]
  if (mesh.ingressControllerMode === 'OFF') return false
  if (annotated !== undefined && annotated !== '') return annotated === mesh.ingressClass
  if (spec.ingressClassName === undefined || spec.ingressClassName === '') return mesh.ingressControllerMode === 'DEFAULT'
  const named = classes.get(spec.ingressClassName)
  // Files often come without the object of the class.
  return named === undefined ? spec.ingressClassName === mesh.ingressClass : named.spec.controller === CONTROLLER
}
