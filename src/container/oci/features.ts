/** What `features` prints: runtime-spec features.md. */
import { featuresDocument, type OciFeatures } from '../../oci/features.ts';
import { featureFacts } from '../feature-facts.ts';

export const features = (): OciFeatures => featuresDocument(featureFacts());
