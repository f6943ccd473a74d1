/** A store that can be written to. */
import { makeStore, type StoreLayout } from './store/layout.ts';
import { storeError } from './store/store-error.ts';

/**
 * Makes the store's directories.
 * @throws TsrunError STORE
 */
export function prepareStore(layout: StoreLayout): void {
  try {
    makeStore(layout);
  } catch (error) {
    throw storeError(`cannot make the store "${layout.root}"`, error);
  }
}
