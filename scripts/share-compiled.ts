/** Loaded before a test file: what other processes have compiled of the sources is not compiled again. */
import { enableCompileCache } from 'node:module';

enableCompileCache(new URL('../tmp/compiled', import.meta.url).pathname);
