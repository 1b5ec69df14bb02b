require('node:module').enableCompileCache('/tmp/speed/cc2'); require('./runtime.cjs'); process.exit(0)
