import { buildImages, COMPONENTS, type ExtraImage, type ImageArchive } from '../images/build-images.ts'
import { prepareBuilder } from '../images/prepare-builder.ts'

/** Names that images have in test clusters; pods take them with `imagePullPolicy: Never`. */
export const HUB = 'localhost/meshwork'
export const TAG = 'e2e'
/** Applications of the scenarios: see `apps/apps.mjs`. */
export const APPS_IMAGE: string = `${HUB}/apps:${TAG}`

const APPS: ExtraImage = {
  name: 'apps',
  dockerfile: 'e2e/src/kube/apps/Dockerfile',
  sources: ['e2e/src/kube/apps/apps.mjs', 'e2e/src/apps', 'examples/bookinfo/src', 'e2e/package.json'],
}

/** The images of all components and the applications, of what is compiled now. */
export async function testImages(progress: (line: string) => void): Promise<ImageArchive> {
  await prepareBuilder(progress)
  return buildImages({ hub: HUB, tag: TAG, components: COMPONENTS, extra: [APPS] }, progress)
}
