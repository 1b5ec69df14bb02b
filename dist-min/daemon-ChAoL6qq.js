import { $ as EngineError, X as API_VERSION, Z as MIN_API_VERSION, nt as messageOf, rt as VERSION, tt as errorCode } from "./cli-DDb85CiE.js";
import { i as __toESM, n as __commonJSMin, r as __require, t as openEngine } from "./engine-Bip5Kiai.js";
const { chmodSync, chownSync, lstatSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } = process.getBuiltinModule("node:fs");
const { dirname } = process.getBuiltinModule("node:path");
const { once } = process.getBuiltinModule("node:events");
const { setTimeout: setTimeout$1 } = process.getBuiltinModule("node:timers/promises");
const { connect } = process.getBuiltinModule("node:net");
const { pipeline } = process.getBuiltinModule("node:stream/promises");
const { ServerResponse, createServer } = process.getBuiltinModule("node:http");
// node_modules/pino-std-serializers/lib/err-helpers.js
var require_err_helpers = /* @__PURE__ */ __commonJSMin(((exports, module) => {
	const isErrorLike = (err) => {
		return err && typeof err.message === "string";
	};
	/**
	* @param {Error|{ cause?: unknown|(()=>err)}} err
	* @returns {Error|Object|undefined}
	*/
	const getErrorCause = (err) => {
		if (!err) return;
		/** @type {unknown} */
		const cause = err.cause;
		if (typeof cause === "function") {
			const causeResult = err.cause();
			return isErrorLike(causeResult) ? causeResult : void 0;
		} else return isErrorLike(cause) ? cause : void 0;
	};
	/**
	* Internal method that keeps a track of which error we have already added, to avoid circular recursion
	*
	* @private
	* @param {Error} err
	* @param {Set<Error>} seen
	* @returns {string}
	*/
	const _stackWithCauses = (err, seen) => {
		if (!isErrorLike(err)) return "";
		const stack = err.stack || "";
		if (seen.has(err)) return stack + "\ncauses have become circular...";
		const cause = getErrorCause(err);
		if (cause) {
			seen.add(err);
			return stack + "\ncaused by: " + _stackWithCauses(cause, seen);
		} else return stack;
	};
	/**
	* @param {Error} err
	* @returns {string}
	*/
	const stackWithCauses = (err) => _stackWithCauses(err, /* @__PURE__ */ new Set());
	/**
	* Internal method that keeps a track of which error we have already added, to avoid circular recursion
	*
	* @private
	* @param {Error} err
	* @param {Set<Error>} seen
	* @param {boolean} [skip]
	* @returns {string}
	*/
	const _messageWithCauses = (err, seen, skip) => {
		if (!isErrorLike(err)) return "";
		const message = skip ? "" : err.message || "";
		if (seen.has(err)) return message + ": ...";
		const cause = getErrorCause(err);
		if (cause) {
			seen.add(err);
			const skipIfVErrorStyleCause = typeof err.cause === "function";
			return message + (skipIfVErrorStyleCause ? "" : ": ") + _messageWithCauses(cause, seen, skipIfVErrorStyleCause);
		} else return message;
	};
	/**
	* @param {Error} err
	* @returns {string}
	*/
	const messageWithCauses = (err) => _messageWithCauses(err, /* @__PURE__ */ new Set());
	module.exports = {
		isErrorLike,
		getErrorCause,
		stackWithCauses,
		messageWithCauses
	};
}));
// node_modules/pino-std-serializers/lib/err-proto.js
var require_err_proto = /* @__PURE__ */ __commonJSMin(((exports, module) => {
	const seen = Symbol("circular-ref-tag");
	const rawSymbol = Symbol("pino-raw-err-ref");
	const pinoErrProto = Object.create({}, {
		type: {
			enumerable: true,
			writable: true,
			value: void 0
		},
		message: {
			enumerable: true,
			writable: true,
			value: void 0
		},
		stack: {
			enumerable: true,
			writable: true,
			value: void 0
		},
		aggregateErrors: {
			enumerable: true,
			writable: true,
			value: void 0
		},
		raw: {
			enumerable: false,
			get: function() {
				return this[rawSymbol];
			},
			set: function(val) {
				this[rawSymbol] = val;
			}
		}
	});
	Object.defineProperty(pinoErrProto, rawSymbol, {
		writable: true,
		value: {}
	});
	module.exports = {
		pinoErrProto,
		pinoErrorSymbols: {
			seen,
			rawSymbol
		}
	};
}));
// node_modules/pino-std-serializers/lib/err.js
var require_err = /* @__PURE__ */ __commonJSMin(((exports, module) => {
	module.exports = errSerializer;
	const { messageWithCauses, stackWithCauses, isErrorLike } = require_err_helpers();
	const { pinoErrProto, pinoErrorSymbols } = require_err_proto();
	const { seen } = pinoErrorSymbols;
	const { toString } = Object.prototype;
	function errSerializer(err) {
		if (!isErrorLike(err)) return err;
		err[seen] = void 0;
		const _err = Object.create(pinoErrProto);
		_err.type = toString.call(err.constructor) === "[object Function]" ? err.constructor.name : err.name;
		_err.message = messageWithCauses(err);
		_err.stack = stackWithCauses(err);
		if (Array.isArray(err.errors)) _err.aggregateErrors = err.errors.map((err) => errSerializer(err));
		for (const key in err) if (_err[key] === void 0) {
			const val = err[key];
			if (isErrorLike(val)) {
				if (key !== "cause" && !Object.prototype.hasOwnProperty.call(val, seen)) _err[key] = errSerializer(val);
			} else _err[key] = val;
		}
		delete err[seen];
		_err.raw = err;
		return _err;
	}
}));
// node_modules/pino-std-serializers/lib/err-with-cause.js
var require_err_with_cause = /* @__PURE__ */ __commonJSMin(((exports, module) => {
	module.exports = errWithCauseSerializer;
	const { isErrorLike } = require_err_helpers();
	const { pinoErrProto, pinoErrorSymbols } = require_err_proto();
	const { seen } = pinoErrorSymbols;
	const { toString } = Object.prototype;
	function errWithCauseSerializer(err) {
		if (!isErrorLike(err)) return err;
		err[seen] = void 0;
		const _err = Object.create(pinoErrProto);
		_err.type = toString.call(err.constructor) === "[object Function]" ? err.constructor.name : err.name;
		_err.message = err.message;
		_err.stack = err.stack;
		if (Array.isArray(err.errors)) _err.aggregateErrors = err.errors.map((err) => errWithCauseSerializer(err));
		if (isErrorLike(err.cause) && !Object.prototype.hasOwnProperty.call(err.cause, seen)) _err.cause = errWithCauseSerializer(err.cause);
		for (const key in err) if (_err[key] === void 0) {
			const val = err[key];
			if (isErrorLike(val)) {
				if (!Object.prototype.hasOwnProperty.call(val, seen)) _err[key] = errWithCauseSerializer(val);
			} else _err[key] = val;
		}
		delete err[seen];
		_err.raw = err;
		return _err;
	}
}));
// node_modules/pino-std-serializers/lib/req.js
var require_req = /* @__PURE__ */ __commonJSMin(((exports, module) => {
	module.exports = {
		mapHttpRequest,
		reqSerializer
	};
	const rawSymbol = Symbol("pino-raw-req-ref");
	const pinoReqProto = Object.create({}, {
		id: {
			enumerable: true,
			writable: true,
			value: ""
		},
		method: {
			enumerable: true,
			writable: true,
			value: ""
		},
		url: {
			enumerable: true,
			writable: true,
			value: ""
		},
		query: {
			enumerable: true,
			writable: true,
			value: ""
		},
		params: {
			enumerable: true,
			writable: true,
			value: ""
		},
		headers: {
			enumerable: true,
			writable: true,
			value: {}
		},
		remoteAddress: {
			enumerable: true,
			writable: true,
			value: ""
		},
		remotePort: {
			enumerable: true,
			writable: true,
			value: ""
		},
		raw: {
			enumerable: false,
			get: function() {
				return this[rawSymbol];
			},
			set: function(val) {
				this[rawSymbol] = val;
			}
		}
	});
	Object.defineProperty(pinoReqProto, rawSymbol, {
		writable: true,
		value: {}
	});
	function reqSerializer(req) {
		const connection = req.info || req.socket;
		const _req = Object.create(pinoReqProto);
		_req.id = typeof req.id === "function" ? req.id() : req.id || (req.info ? req.info.id : void 0);
		_req.method = req.method;
		if (req.originalUrl) _req.url = req.originalUrl;
		else {
			const path = req.path;
			_req.url = typeof path === "string" ? path : req.url ? req.url.path || req.url : void 0;
		}
		if (req.query) _req.query = req.query;
		if (req.params) _req.params = req.params;
		_req.headers = req.headers;
		_req.remoteAddress = connection && connection.remoteAddress;
		_req.remotePort = connection && connection.remotePort;
		_req.raw = req.raw || req;
		return _req;
	}
	function mapHttpRequest(req) {
		return { req: reqSerializer(req) };
	}
}));
// node_modules/pino-std-serializers/lib/res.js
var require_res = /* @__PURE__ */ __commonJSMin(((exports, module) => {
	module.exports = {
		mapHttpResponse,
		resSerializer
	};
	const rawSymbol = Symbol("pino-raw-res-ref");
	const pinoResProto = Object.create({}, {
		statusCode: {
			enumerable: true,
			writable: true,
			value: 0
		},
		headers: {
			enumerable: true,
			writable: true,
			value: ""
		},
		raw: {
			enumerable: false,
			get: function() {
				return this[rawSymbol];
			},
			set: function(val) {
				this[rawSymbol] = val;
			}
		}
	});
	Object.defineProperty(pinoResProto, rawSymbol, {
		writable: true,
		value: {}
	});
	function resSerializer(res) {
		const _res = Object.create(pinoResProto);
		_res.statusCode = res.headersSent ? res.statusCode : null;
		_res.headers = res.getHeaders ? res.getHeaders() : res._headers;
		_res.raw = res;
		return _res;
	}
	function mapHttpResponse(res) {
		return { res: resSerializer(res) };
	}
}));
// node_modules/pino-std-serializers/index.js
var require_pino_std_serializers = /* @__PURE__ */ __commonJSMin(((exports, module) => {
	const errSerializer = require_err();
	const errWithCauseSerializer = require_err_with_cause();
	const reqSerializers = require_req();
	const resSerializers = require_res();
	module.exports = {
		err: errSerializer,
		errWithCause: errWithCauseSerializer,
		mapHttpRequest: reqSerializers.mapHttpRequest,
		mapHttpResponse: resSerializers.mapHttpResponse,
		req: reqSerializers.reqSerializer,
		res: resSerializers.resSerializer,
		wrapErrorSerializer: function wrapErrorSerializer(customSerializer) {
			if (customSerializer === errSerializer) return customSerializer;
			return function wrapErrSerializer(err) {
				return customSerializer(errSerializer(err));
			};
		},
		wrapRequestSerializer: function wrapRequestSerializer(customSerializer) {
			if (customSerializer === reqSerializers.reqSerializer) return customSerializer;
			return function wrappedReqSerializer(req) {
				return customSerializer(reqSerializers.reqSerializer(req));
			};
		},
		wrapResponseSerializer: function wrapResponseSerializer(customSerializer) {
			if (customSerializer === resSerializers.resSerializer) return customSerializer;
			return function wrappedResSerializer(res) {
				return customSerializer(resSerializers.resSerializer(res));
			};
		}
	};
}));
// node_modules/pino/lib/caller.js
var require_caller = /* @__PURE__ */ __commonJSMin(((exports, module) => {
	const util = __require("node:util");
	const getCallSites = util.getCallSites ?? util.getCallSite;
	function noOpPrepareStackTrace(_, stack) {
		return stack;
	}
	module.exports = function getCallers() {
		if (getCallSites) return getCallSites().slice(2).map((callSite) => callSite.scriptName);
		const originalPrepare = Error.prepareStackTrace;
		Error.prepareStackTrace = noOpPrepareStackTrace;
		const stack = (/* @__PURE__ */ new Error()).stack;
		Error.prepareStackTrace = originalPrepare;
		if (!Array.isArray(stack)) return;
		const entries = stack.slice(2);
		const fileNames = [];
		for (const entry of entries) {
			if (!entry) continue;
			fileNames.push(entry.getFileName());
		}
		return fileNames;
	};
}));
// node_modules/@pinojs/redact/index.js
var require_redact = /* @__PURE__ */ __commonJSMin(((exports, module) => {
	function deepClone(obj) {
		if (obj === null || typeof obj !== "object") return obj;
		if (obj instanceof Date) return new Date(obj.getTime());
		if (obj instanceof Array) {
			const cloned = [];
			for (let i = 0; i < obj.length; i++) cloned[i] = deepClone(obj[i]);
			return cloned;
		}
		if (typeof obj === "object") {
			const cloned = Object.create(Object.getPrototypeOf(obj));
			for (const key in obj) if (Object.prototype.hasOwnProperty.call(obj, key)) cloned[key] = deepClone(obj[key]);
			return cloned;
		}
		return obj;
	}
	function parsePath(path) {
		const parts = [];
		let current = "";
		let inBrackets = false;
		let inQuotes = false;
		let quoteChar = "";
		for (let i = 0; i < path.length; i++) {
			const char = path[i];
			if (!inBrackets && char === ".") {
				if (current) {
					parts.push(current);
					current = "";
				}
			} else if (char === "[") {
				if (current) {
					parts.push(current);
					current = "";
				}
				inBrackets = true;
			} else if (char === "]" && inBrackets) {
				parts.push(current);
				current = "";
				inBrackets = false;
				inQuotes = false;
			} else if ((char === "\"" || char === "'") && inBrackets) {
				if (!inQuotes) {
					inQuotes = true;
					quoteChar = char;
				} else if (char === quoteChar) {
					inQuotes = false;
					quoteChar = "";
				} else current += char;
			} else current += char;
		}
		if (current) parts.push(current);
		return parts;
	}
	function setValue(obj, parts, value) {
		let current = obj;
		for (let i = 0; i < parts.length - 1; i++) {
			const key = parts[i];
			if (typeof current !== "object" || current === null || !(key in current)) return false;
			if (typeof current[key] !== "object" || current[key] === null) return false;
			current = current[key];
		}
		const lastKey = parts[parts.length - 1];
		if (lastKey === "*") {
			if (Array.isArray(current)) for (let i = 0; i < current.length; i++) current[i] = value;
			else if (typeof current === "object" && current !== null) {
				for (const key in current) if (Object.prototype.hasOwnProperty.call(current, key)) current[key] = value;
			}
		} else if (typeof current === "object" && current !== null && lastKey in current && Object.prototype.hasOwnProperty.call(current, lastKey)) current[lastKey] = value;
		return true;
	}
	function removeKey(obj, parts) {
		let current = obj;
		for (let i = 0; i < parts.length - 1; i++) {
			const key = parts[i];
			if (typeof current !== "object" || current === null || !(key in current)) return false;
			if (typeof current[key] !== "object" || current[key] === null) return false;
			current = current[key];
		}
		const lastKey = parts[parts.length - 1];
		if (lastKey === "*") {
			if (Array.isArray(current)) for (let i = 0; i < current.length; i++) current[i] = void 0;
			else if (typeof current === "object" && current !== null) {
				for (const key in current) if (Object.prototype.hasOwnProperty.call(current, key)) delete current[key];
			}
		} else if (typeof current === "object" && current !== null && lastKey in current && Object.prototype.hasOwnProperty.call(current, lastKey)) delete current[lastKey];
		return true;
	}
	const PATH_NOT_FOUND = Symbol("PATH_NOT_FOUND");
	function getValueIfExists(obj, parts) {
		let current = obj;
		for (const part of parts) {
			if (current === null || current === void 0) return PATH_NOT_FOUND;
			if (typeof current !== "object" || current === null) return PATH_NOT_FOUND;
			if (!(part in current)) return PATH_NOT_FOUND;
			current = current[part];
		}
		return current;
	}
	function getValue(obj, parts) {
		let current = obj;
		for (const part of parts) {
			if (current === null || current === void 0) return;
			if (typeof current !== "object" || current === null) return;
			current = current[part];
		}
		return current;
	}
	function redactPaths(obj, paths, censor, remove = false) {
		for (const path of paths) {
			const parts = parsePath(path);
			if (parts.includes("*")) redactWildcardPath(obj, parts, censor, path, remove);
			else if (remove) removeKey(obj, parts);
			else {
				const value = getValueIfExists(obj, parts);
				if (value === PATH_NOT_FOUND) continue;
				setValue(obj, parts, typeof censor === "function" ? censor(value, parts) : censor);
			}
		}
	}
	function redactWildcardPath(obj, parts, censor, originalPath, remove = false) {
		const wildcardIndex = parts.indexOf("*");
		if (wildcardIndex === parts.length - 1) {
			const parentParts = parts.slice(0, -1);
			let current = obj;
			for (const part of parentParts) {
				if (current === null || current === void 0) return;
				if (typeof current !== "object" || current === null) return;
				current = current[part];
			}
			if (Array.isArray(current)) {
				if (remove) for (let i = 0; i < current.length; i++) current[i] = void 0;
				else for (let i = 0; i < current.length; i++) {
					const indexPath = [...parentParts, i.toString()];
					const actualCensor = typeof censor === "function" ? censor(current[i], indexPath) : censor;
					current[i] = actualCensor;
				}
			} else if (typeof current === "object" && current !== null) {
				if (remove) {
					const keysToDelete = [];
					for (const key in current) if (Object.prototype.hasOwnProperty.call(current, key)) keysToDelete.push(key);
					for (const key of keysToDelete) delete current[key];
				} else for (const key in current) {
					const keyPath = [...parentParts, key];
					const actualCensor = typeof censor === "function" ? censor(current[key], keyPath) : censor;
					current[key] = actualCensor;
				}
			}
		} else redactIntermediateWildcard(obj, parts, censor, wildcardIndex, originalPath, remove);
	}
	function redactIntermediateWildcard(obj, parts, censor, wildcardIndex, originalPath, remove = false) {
		const beforeWildcard = parts.slice(0, wildcardIndex);
		const afterWildcard = parts.slice(wildcardIndex + 1);
		const pathArray = [];
		function traverse(current, pathLength) {
			if (pathLength === beforeWildcard.length) {
				if (Array.isArray(current)) for (let i = 0; i < current.length; i++) {
					pathArray[pathLength] = i.toString();
					traverse(current[i], pathLength + 1);
				}
				else if (typeof current === "object" && current !== null) for (const key in current) {
					pathArray[pathLength] = key;
					traverse(current[key], pathLength + 1);
				}
			} else if (pathLength < beforeWildcard.length) {
				const nextKey = beforeWildcard[pathLength];
				if (current && typeof current === "object" && current !== null && nextKey in current) {
					pathArray[pathLength] = nextKey;
					traverse(current[nextKey], pathLength + 1);
				}
			} else if (afterWildcard.includes("*")) redactWildcardPath(current, afterWildcard, typeof censor === "function" ? (value, path) => {
				return censor(value, [...pathArray.slice(0, pathLength), ...path]);
			} : censor, originalPath, remove);
			else if (remove) removeKey(current, afterWildcard);
			else {
				const actualCensor = typeof censor === "function" ? censor(getValue(current, afterWildcard), [...pathArray.slice(0, pathLength), ...afterWildcard]) : censor;
				setValue(current, afterWildcard, actualCensor);
			}
		}
		if (beforeWildcard.length === 0) traverse(obj, 0);
		else {
			let current = obj;
			for (let i = 0; i < beforeWildcard.length; i++) {
				const part = beforeWildcard[i];
				if (current === null || current === void 0) return;
				if (typeof current !== "object" || current === null) return;
				current = current[part];
				pathArray[i] = part;
			}
			if (current !== null && current !== void 0) traverse(current, beforeWildcard.length);
		}
	}
	function buildPathStructure(pathsToClone) {
		if (pathsToClone.length === 0) return null;
		const pathStructure = /* @__PURE__ */ new Map();
		for (const path of pathsToClone) {
			const parts = parsePath(path);
			let current = pathStructure;
			for (let i = 0; i < parts.length; i++) {
				const part = parts[i];
				if (!current.has(part)) current.set(part, /* @__PURE__ */ new Map());
				current = current.get(part);
			}
		}
		return pathStructure;
	}
	function selectiveClone(obj, pathStructure) {
		if (!pathStructure) return obj;
		function cloneSelectively(source, pathMap, depth = 0) {
			if (!pathMap || pathMap.size === 0) return source;
			if (source === null || typeof source !== "object") return source;
			if (source instanceof Date) return new Date(source.getTime());
			if (Array.isArray(source)) {
				const cloned = [];
				for (let i = 0; i < source.length; i++) {
					const indexStr = i.toString();
					if (pathMap.has(indexStr) || pathMap.has("*")) cloned[i] = cloneSelectively(source[i], pathMap.get(indexStr) || pathMap.get("*"));
					else cloned[i] = source[i];
				}
				return cloned;
			}
			const cloned = Object.create(Object.getPrototypeOf(source));
			for (const key in source) if (Object.prototype.hasOwnProperty.call(source, key)) {
				if (pathMap.has(key) || pathMap.has("*")) cloned[key] = cloneSelectively(source[key], pathMap.get(key) || pathMap.get("*"));
				else cloned[key] = source[key];
			}
			return cloned;
		}
		return cloneSelectively(obj, pathStructure);
	}
	function validatePath(path) {
		if (typeof path !== "string") throw new Error("Paths must be (non-empty) strings");
		if (path === "") throw new Error("Invalid redaction path ()");
		if (path.includes("..")) throw new Error(`Invalid redaction path (${path})`);
		if (path.includes(",")) throw new Error(`Invalid redaction path (${path})`);
		let bracketCount = 0;
		let inQuotes = false;
		let quoteChar = "";
		for (let i = 0; i < path.length; i++) {
			const char = path[i];
			if ((char === "\"" || char === "'") && bracketCount > 0) {
				if (!inQuotes) {
					inQuotes = true;
					quoteChar = char;
				} else if (char === quoteChar) {
					inQuotes = false;
					quoteChar = "";
				}
			} else if (char === "[" && !inQuotes) bracketCount++;
			else if (char === "]" && !inQuotes) {
				bracketCount--;
				if (bracketCount < 0) throw new Error(`Invalid redaction path (${path})`);
			}
		}
		if (bracketCount !== 0) throw new Error(`Invalid redaction path (${path})`);
	}
	function validatePaths(paths) {
		if (!Array.isArray(paths)) throw new TypeError("paths must be an array");
		for (const path of paths) validatePath(path);
	}
	function slowRedact(options = {}) {
		const { paths = [], censor = "[REDACTED]", serialize = JSON.stringify, strict = true, remove = false } = options;
		validatePaths(paths);
		const pathStructure = buildPathStructure(paths);
		return function redact(obj) {
			if (strict && (obj === null || typeof obj !== "object")) {
				if (obj === null || obj === void 0) return serialize ? serialize(obj) : obj;
				if (typeof obj !== "object") return serialize ? serialize(obj) : obj;
			}
			const cloned = selectiveClone(obj, pathStructure);
			const original = obj;
			let actualCensor = censor;
			if (typeof censor === "function") actualCensor = censor;
			redactPaths(cloned, paths, actualCensor, remove);
			if (serialize === false) {
				cloned.restore = function() {
					return deepClone(original);
				};
				return cloned;
			}
			if (typeof serialize === "function") return serialize(cloned);
			return JSON.stringify(cloned);
		};
	}
	module.exports = slowRedact;
}));
// node_modules/pino/lib/symbols.js
var require_symbols = /* @__PURE__ */ __commonJSMin(((exports, module) => {
	const setLevelSym = Symbol("pino.setLevel");
	const getLevelSym = Symbol("pino.getLevel");
	const levelValSym = Symbol("pino.levelVal");
	const levelCompSym = Symbol("pino.levelComp");
	const useLevelLabelsSym = Symbol("pino.useLevelLabels");
	const useOnlyCustomLevelsSym = Symbol("pino.useOnlyCustomLevels");
	const mixinSym = Symbol("pino.mixin");
	const lsCacheSym = Symbol("pino.lsCache");
	const chindingsSym = Symbol("pino.chindings");
	const asJsonSym = Symbol("pino.asJson");
	const writeSym = Symbol("pino.write");
	const redactFmtSym = Symbol("pino.redactFmt");
	const timeSym = Symbol("pino.time");
	const timeSliceIndexSym = Symbol("pino.timeSliceIndex");
	const streamSym = Symbol("pino.stream");
	const stringifySym = Symbol("pino.stringify");
	const stringifySafeSym = Symbol("pino.stringifySafe");
	const stringifiersSym = Symbol("pino.stringifiers");
	const endSym = Symbol("pino.end");
	const formatOptsSym = Symbol("pino.formatOpts");
	const messageKeySym = Symbol("pino.messageKey");
	const errorKeySym = Symbol("pino.errorKey");
	const nestedKeySym = Symbol("pino.nestedKey");
	const nestedKeyStrSym = Symbol("pino.nestedKeyStr");
	const mixinMergeStrategySym = Symbol("pino.mixinMergeStrategy");
	const msgPrefixSym = Symbol("pino.msgPrefix");
	const wildcardFirstSym = Symbol("pino.wildcardFirst");
	const serializersSym = Symbol.for("pino.serializers");
	const formattersSym = Symbol.for("pino.formatters");
	const hooksSym = Symbol.for("pino.hooks");
	module.exports = {
		setLevelSym,
		getLevelSym,
		levelValSym,
		levelCompSym,
		useLevelLabelsSym,
		mixinSym,
		lsCacheSym,
		chindingsSym,
		asJsonSym,
		writeSym,
		serializersSym,
		redactFmtSym,
		timeSym,
		timeSliceIndexSym,
		streamSym,
		stringifySym,
		stringifySafeSym,
		stringifiersSym,
		endSym,
		formatOptsSym,
		messageKeySym,
		errorKeySym,
		nestedKeySym,
		wildcardFirstSym,
		needsMetadataGsym: Symbol.for("pino.metadata"),
		useOnlyCustomLevelsSym,
		formattersSym,
		hooksSym,
		nestedKeyStrSym,
		mixinMergeStrategySym,
		msgPrefixSym,
		transportUsesMultistreamSym: Symbol.for("pino.transport.usesMultistream")
	};
}));
// node_modules/pino/lib/redaction.js
var require_redaction = /* @__PURE__ */ __commonJSMin(((exports, module) => {
	const Redact = require_redact();
	const { redactFmtSym, wildcardFirstSym } = require_symbols();
	const rx = /[^.[\]]+|\[([^[\]]*?)\]/g;
	const CENSOR = "[Redacted]";
	const strict = false;
	function redaction(opts, serialize) {
		const { paths, censor, remove } = handle(opts);
		const shape = paths.reduce((o, str) => {
			rx.lastIndex = 0;
			const first = rx.exec(str);
			const next = rx.exec(str);
			let ns = first[1] !== void 0 ? first[1].replace(/^(?:"|'|`)(.*)(?:"|'|`)$/, "$1") : first[0];
			if (ns === "*") ns = wildcardFirstSym;
			if (next === null) {
				o[ns] = null;
				return o;
			}
			if (o[ns] === null) return o;
			const { index } = next;
			const nextPath = `${str.substr(index, str.length - 1)}`;
			o[ns] = o[ns] || [];
			if (ns !== wildcardFirstSym && o[ns].length === 0) o[ns].push(...o[wildcardFirstSym] || []);
			if (ns === wildcardFirstSym) Object.keys(o).forEach(function(k) {
				if (o[k]) o[k].push(nextPath);
			});
			o[ns].push(nextPath);
			return o;
		}, Object.create(null));
		const result = Object.assign(Object.create(null), { [redactFmtSym]: Redact({
			paths,
			censor,
			serialize,
			strict,
			remove
		}) });
		const topCensor = (...args) => {
			return typeof censor === "function" ? serialize(censor(...args)) : serialize(censor);
		};
		return [...Object.keys(shape), ...Object.getOwnPropertySymbols(shape)].reduce((o, k) => {
			if (shape[k] === null) o[k] = (value) => topCensor(value, [k]);
			else {
				const wrappedCensor = typeof censor === "function" ? (value, path) => {
					return censor(value, [k, ...path]);
				} : censor;
				o[k] = Redact({
					paths: shape[k],
					censor: wrappedCensor,
					serialize,
					strict,
					remove
				});
			}
			return o;
		}, result);
	}
	function handle(opts) {
		if (Array.isArray(opts)) {
			opts = {
				paths: opts,
				censor: CENSOR
			};
			return opts;
		}
		let { paths, censor = CENSOR, remove } = opts;
		if (Array.isArray(paths) === false) throw Error("pino – redact must contain an array of strings");
		if (remove === true) censor = void 0;
		return {
			paths,
			censor,
			remove
		};
	}
	module.exports = redaction;
}));
// node_modules/pino/lib/time.js
var require_time = /* @__PURE__ */ __commonJSMin(((exports, module) => {
	const nullTime = () => "";
	const epochTime = () => `,"time":${Date.now()}`;
	const unixTime = () => `,"time":${Math.round(Date.now() / 1e3)}`;
	const isoTime = () => `,"time":"${new Date(Date.now()).toISOString()}"`;
	const NS_PER_MS = 1000000n;
	const NS_PER_SEC = 1000000000n;
	const startWallTimeNs = BigInt(Date.now()) * NS_PER_MS;
	const startHrTime = process.hrtime.bigint();
	const isoTimeNano = () => {
		const elapsedNs = process.hrtime.bigint() - startHrTime;
		const currentTimeNs = startWallTimeNs + elapsedNs;
		const secondsSinceEpoch = currentTimeNs / NS_PER_SEC;
		const nanosWithinSecond = currentTimeNs % NS_PER_SEC;
		const msSinceEpoch = Number(secondsSinceEpoch * 1000n + nanosWithinSecond / 1000000n);
		const date = new Date(msSinceEpoch);
		return `,"time":"${date.getUTCFullYear()}-${(date.getUTCMonth() + 1).toString().padStart(2, "0")}-${date.getUTCDate().toString().padStart(2, "0")}T${date.getUTCHours().toString().padStart(2, "0")}:${date.getUTCMinutes().toString().padStart(2, "0")}:${date.getUTCSeconds().toString().padStart(2, "0")}.${nanosWithinSecond.toString().padStart(9, "0")}Z"`;
	};
	module.exports = {
		nullTime,
		epochTime,
		unixTime,
		isoTime,
		isoTimeNano
	};
}));
// node_modules/quick-format-unescaped/index.js
var require_quick_format_unescaped = /* @__PURE__ */ __commonJSMin(((exports, module) => {
	function tryStringify(o) {
		try {
			return JSON.stringify(o);
		} catch (e) {
			return "\"[Circular]\"";
		}
	}
	module.exports = format;
	function format(f, args, opts) {
		var ss = opts && opts.stringify || tryStringify;
		var offset = 1;
		if (typeof f === "object" && f !== null) {
			var len = args.length + offset;
			if (len === 1) return f;
			var objects = new Array(len);
			objects[0] = ss(f);
			for (var index = 1; index < len; index++) objects[index] = ss(args[index]);
			return objects.join(" ");
		}
		if (typeof f !== "string") return f;
		var argLen = args.length;
		if (argLen === 0) return f;
		var str = "";
		var a = 1 - offset;
		var lastPos = -1;
		var flen = f && f.length || 0;
		for (var i = 0; i < flen;) {
			if (f.charCodeAt(i) === 37 && i + 1 < flen) {
				lastPos = lastPos > -1 ? lastPos : 0;
				switch (f.charCodeAt(i + 1)) {
					case 100:
					case 102:
						if (a >= argLen) break;
						if (args[a] == null) break;
						if (lastPos < i) str += f.slice(lastPos, i);
						str += Number(args[a]);
						lastPos = i + 2;
						i++;
						break;
					case 105:
						if (a >= argLen) break;
						if (args[a] == null) break;
						if (lastPos < i) str += f.slice(lastPos, i);
						str += Math.floor(Number(args[a]));
						lastPos = i + 2;
						i++;
						break;
					case 79:
					case 111:
					case 106:
						if (a >= argLen) break;
						if (args[a] === void 0) break;
						if (lastPos < i) str += f.slice(lastPos, i);
						var type = typeof args[a];
						if (type === "string") {
							str += "'" + args[a] + "'";
							lastPos = i + 2;
							i++;
							break;
						}
						if (type === "function") {
							str += args[a].name || "<anonymous>";
							lastPos = i + 2;
							i++;
							break;
						}
						str += ss(args[a]);
						lastPos = i + 2;
						i++;
						break;
					case 115:
						if (a >= argLen) break;
						if (lastPos < i) str += f.slice(lastPos, i);
						str += String(args[a]);
						lastPos = i + 2;
						i++;
						break;
					case 37:
						if (lastPos < i) str += f.slice(lastPos, i);
						str += "%";
						lastPos = i + 2;
						i++;
						a--;
				}
				++a;
			}
			++i;
		}
		if (lastPos === -1) return f;
		else if (lastPos < flen) str += f.slice(lastPos);
		return str;
	}
}));
// node_modules/atomic-sleep/index.js
var require_atomic_sleep = /* @__PURE__ */ __commonJSMin(((exports, module) => {
	if (typeof SharedArrayBuffer !== "undefined" && typeof Atomics !== "undefined") {
		const nil = new Int32Array(new SharedArrayBuffer(4));
		function sleep(ms) {
			if ((ms > 0 && ms < 1e400) === false) {
				if (typeof ms !== "number" && typeof ms !== "bigint") throw TypeError("sleep: ms must be a number");
				throw RangeError("sleep: ms must be a number that is greater than 0 but less than Infinity");
			}
			Atomics.wait(nil, 0, 0, Number(ms));
		}
		module.exports = sleep;
	} else {
		function sleep(ms) {
			if ((ms > 0 && ms < 1e400) === false) {
				if (typeof ms !== "number" && typeof ms !== "bigint") throw TypeError("sleep: ms must be a number");
				throw RangeError("sleep: ms must be a number that is greater than 0 but less than Infinity");
			}
			const target = Date.now() + Number(ms);
			while (target > Date.now());
		}
		module.exports = sleep;
	}
}));
// node_modules/sonic-boom/index.js
var require_sonic_boom = /* @__PURE__ */ __commonJSMin(((exports, module) => {
	const fs = __require("fs");
	const EventEmitter = __require("events");
	const inherits = __require("util").inherits;
	const path = __require("path");
	const sleep = require_atomic_sleep();
	const assert = __require("assert");
	const BUSY_WRITE_TIMEOUT = 100;
	const kEmptyBuffer = Buffer.allocUnsafe(0);
	const MAX_WRITE = 16384;
	const kContentModeBuffer = "buffer";
	const kContentModeUtf8 = "utf8";
	const [major, minor] = (process.versions.node || "0.0").split(".").map(Number);
	const kCopyBuffer = major >= 22 && minor >= 7;
	function openFile(file, sonic) {
		sonic._opening = true;
		sonic._writing = true;
		sonic._asyncDrainScheduled = false;
		function fileOpened(err, fd) {
			if (err) {
				sonic._reopening = false;
				sonic._writing = false;
				sonic._opening = false;
				if (sonic.sync) process.nextTick(() => {
					if (sonic.listenerCount("error") > 0) sonic.emit("error", err);
				});
				else sonic.emit("error", err);
				return;
			}
			const reopening = sonic._reopening;
			sonic.fd = fd;
			sonic.file = file;
			sonic._reopening = false;
			sonic._opening = false;
			sonic._writing = false;
			if (sonic.sync) process.nextTick(() => sonic.emit("ready"));
			else sonic.emit("ready");
			if (sonic.destroyed) return;
			if (!sonic._writing && sonic._len > sonic.minLength || sonic._flushPending) sonic._actualWrite();
			else if (reopening) process.nextTick(() => sonic.emit("drain"));
		}
		const flags = sonic.append ? "a" : "w";
		const mode = sonic.mode;
		if (sonic.sync) try {
			if (sonic.mkdir) fs.mkdirSync(path.dirname(file), { recursive: true });
			fileOpened(null, fs.openSync(file, flags, mode));
		} catch (err) {
			fileOpened(err);
			throw err;
		}
		else if (sonic.mkdir) fs.mkdir(path.dirname(file), { recursive: true }, (err) => {
			if (err) return fileOpened(err);
			fs.open(file, flags, mode, fileOpened);
		});
		else fs.open(file, flags, mode, fileOpened);
	}
	function SonicBoom(opts) {
		if (!(this instanceof SonicBoom)) return new SonicBoom(opts);
		let { fd, dest, minLength, maxLength, maxWrite, periodicFlush, sync, append = true, mkdir, retryEAGAIN, fsync, contentMode, mode } = opts || {};
		fd = fd || dest;
		this._len = 0;
		this.fd = -1;
		this._bufs = [];
		this._lens = [];
		this._writing = false;
		this._ending = false;
		this._reopening = false;
		this._asyncDrainScheduled = false;
		this._flushPending = false;
		this._hwm = Math.max(minLength || 0, 16387);
		this.file = null;
		this.destroyed = false;
		this.minLength = minLength || 0;
		this.maxLength = maxLength || 0;
		this.maxWrite = maxWrite || MAX_WRITE;
		this._periodicFlush = periodicFlush || 0;
		this._periodicFlushTimer = void 0;
		this.sync = sync || false;
		this.writable = true;
		this._fsync = fsync || false;
		this.append = append || false;
		this.mode = mode;
		this.retryEAGAIN = retryEAGAIN || (() => true);
		this.mkdir = mkdir || false;
		let fsWriteSync;
		let fsWrite;
		if (contentMode === kContentModeBuffer) {
			this._writingBuf = kEmptyBuffer;
			this.write = writeBuffer;
			this.flush = flushBuffer;
			this.flushSync = flushBufferSync;
			this._actualWrite = actualWriteBuffer;
			fsWriteSync = () => fs.writeSync(this.fd, this._writingBuf);
			fsWrite = () => fs.write(this.fd, this._writingBuf, this.release);
		} else if (contentMode === void 0 || contentMode === kContentModeUtf8) {
			this._writingBuf = "";
			this.write = write;
			this.flush = flush;
			this.flushSync = flushSync;
			this._actualWrite = actualWrite;
			fsWriteSync = () => {
				if (Buffer.isBuffer(this._writingBuf)) return fs.writeSync(this.fd, this._writingBuf);
				return fs.writeSync(this.fd, this._writingBuf, "utf8");
			};
			fsWrite = () => {
				if (Buffer.isBuffer(this._writingBuf)) return fs.write(this.fd, this._writingBuf, this.release);
				return fs.write(this.fd, this._writingBuf, "utf8", this.release);
			};
		} else throw new Error(`SonicBoom supports "${kContentModeUtf8}" and "${kContentModeBuffer}", but passed ${contentMode}`);
		if (typeof fd === "number") {
			this.fd = fd;
			process.nextTick(() => this.emit("ready"));
		} else if (typeof fd === "string") openFile(fd, this);
		else throw new Error("SonicBoom supports only file descriptors and files");
		if (this.minLength >= this.maxWrite) throw new Error(`minLength should be smaller than maxWrite (${this.maxWrite})`);
		this.release = (err, n) => {
			if (err) {
				if ((err.code === "EAGAIN" || err.code === "EBUSY") && this.retryEAGAIN(err, this._writingBuf.length, this._len - this._writingBuf.length)) {
					if (this.sync) try {
						sleep(BUSY_WRITE_TIMEOUT);
						this.release(void 0, 0);
					} catch (err) {
						this.release(err);
					}
					else setTimeout(fsWrite, BUSY_WRITE_TIMEOUT);
				} else {
					this._writing = false;
					this.emit("error", err);
				}
				return;
			}
			this.emit("write", n);
			const releasedBufObj = releaseWritingBuf(this._writingBuf, this._len, n);
			this._len = releasedBufObj.len;
			this._writingBuf = releasedBufObj.writingBuf;
			if (this._writingBuf.length) {
				if (!this.sync) {
					fsWrite();
					return;
				}
				try {
					do {
						const n = fsWriteSync();
						const releasedBufObj = releaseWritingBuf(this._writingBuf, this._len, n);
						this._len = releasedBufObj.len;
						this._writingBuf = releasedBufObj.writingBuf;
					} while (this._writingBuf.length);
				} catch (err) {
					this.release(err);
					return;
				}
			}
			if (this._fsync) fs.fsyncSync(this.fd);
			const len = this._len;
			if (this._reopening) {
				this._writing = false;
				this._reopening = false;
				this.reopen();
			} else if (len > this.minLength) this._actualWrite();
			else if (this._ending) {
				if (len > 0) this._actualWrite();
				else {
					this._writing = false;
					actualClose(this);
				}
			} else {
				this._writing = false;
				if (this.sync) {
					if (!this._asyncDrainScheduled) {
						this._asyncDrainScheduled = true;
						process.nextTick(emitDrain, this);
					}
				} else this.emit("drain");
			}
		};
		this.on("newListener", function(name) {
			if (name === "drain") this._asyncDrainScheduled = false;
		});
		if (this._periodicFlush !== 0) {
			this._periodicFlushTimer = setInterval(() => this.flush(null), this._periodicFlush);
			this._periodicFlushTimer.unref();
		}
	}
	/**
	* Release the writingBuf after fs.write n bytes data
	* @param {string | Buffer} writingBuf - currently writing buffer, usually be instance._writingBuf.
	* @param {number} len - currently buffer length, usually be instance._len.
	* @param {number} n - number of bytes fs already written
	* @returns {{writingBuf: string | Buffer, len: number}} released writingBuf and length
	*/
	function releaseWritingBuf(writingBuf, len, n) {
		if (typeof writingBuf === "string") writingBuf = Buffer.from(writingBuf);
		len = Math.max(len - n, 0);
		writingBuf = writingBuf.subarray(n);
		return {
			writingBuf,
			len
		};
	}
	function emitDrain(sonic) {
		if (!(sonic.listenerCount("drain") > 0)) return;
		sonic._asyncDrainScheduled = false;
		sonic.emit("drain");
	}
	inherits(SonicBoom, EventEmitter);
	function mergeBuf(bufs, len) {
		if (bufs.length === 0) return kEmptyBuffer;
		if (bufs.length === 1) return bufs[0];
		return Buffer.concat(bufs, len);
	}
	function write(data) {
		if (this.destroyed) throw new Error("SonicBoom destroyed");
		data = "" + data;
		const dataLen = Buffer.byteLength(data);
		const len = this._len + dataLen;
		const bufs = this._bufs;
		if (this.maxLength && len > this.maxLength) {
			this.emit("drop", data);
			return this._len < this._hwm;
		}
		if (bufs.length === 0 || Buffer.byteLength(bufs[bufs.length - 1]) + dataLen > this.maxWrite) bufs.push(data);
		else bufs[bufs.length - 1] += data;
		this._len = len;
		if (!this._writing && this._len >= this.minLength) this._actualWrite();
		return this._len < this._hwm;
	}
	function writeBuffer(data) {
		if (this.destroyed) throw new Error("SonicBoom destroyed");
		const len = this._len + data.length;
		const bufs = this._bufs;
		const lens = this._lens;
		if (this.maxLength && len > this.maxLength) {
			this.emit("drop", data);
			return this._len < this._hwm;
		}
		if (bufs.length === 0 || lens[lens.length - 1] + data.length > this.maxWrite) {
			bufs.push([data]);
			lens.push(data.length);
		} else {
			bufs[bufs.length - 1].push(data);
			lens[lens.length - 1] += data.length;
		}
		this._len = len;
		if (!this._writing && this._len >= this.minLength) this._actualWrite();
		return this._len < this._hwm;
	}
	function callFlushCallbackOnDrain(cb) {
		this._flushPending = true;
		const onDrain = () => {
			if (!this._fsync) try {
				fs.fsync(this.fd, (err) => {
					this._flushPending = false;
					cb(err);
				});
			} catch (err) {
				cb(err);
			}
			else {
				this._flushPending = false;
				cb();
			}
			this.off("error", onError);
		};
		const onError = (err) => {
			this._flushPending = false;
			cb(err);
			this.off("drain", onDrain);
		};
		this.once("drain", onDrain);
		this.once("error", onError);
	}
	function flush(cb) {
		if (cb != null && typeof cb !== "function") throw new Error("flush cb must be a function");
		if (this.destroyed) {
			const error = /* @__PURE__ */ new Error("SonicBoom destroyed");
			if (cb) {
				cb(error);
				return;
			}
			throw error;
		}
		if (this.minLength <= 0) {
			cb?.();
			return;
		}
		if (cb) callFlushCallbackOnDrain.call(this, cb);
		if (this._writing) return;
		if (this._bufs.length === 0) this._bufs.push("");
		this._actualWrite();
	}
	function flushBuffer(cb) {
		if (cb != null && typeof cb !== "function") throw new Error("flush cb must be a function");
		if (this.destroyed) {
			const error = /* @__PURE__ */ new Error("SonicBoom destroyed");
			if (cb) {
				cb(error);
				return;
			}
			throw error;
		}
		if (this.minLength <= 0) {
			cb?.();
			return;
		}
		if (cb) callFlushCallbackOnDrain.call(this, cb);
		if (this._writing) return;
		if (this._bufs.length === 0) {
			this._bufs.push([]);
			this._lens.push(0);
		}
		this._actualWrite();
	}
	SonicBoom.prototype.reopen = function(file) {
		if (this.destroyed) throw new Error("SonicBoom destroyed");
		if (this._opening) {
			this.once("ready", () => {
				this.reopen(file);
			});
			return;
		}
		if (this._ending) return;
		if (!this.file) throw new Error("Unable to reopen a file descriptor, you must pass a file to SonicBoom");
		if (file) this.file = file;
		this._reopening = true;
		if (this._writing) return;
		const fd = this.fd;
		this.once("ready", () => {
			if (fd !== this.fd) fs.close(fd, (err) => {
				if (err) return this.emit("error", err);
			});
		});
		openFile(this.file, this);
	};
	SonicBoom.prototype.end = function() {
		if (this.destroyed) throw new Error("SonicBoom destroyed");
		if (this._opening) {
			this.once("ready", () => {
				this.end();
			});
			return;
		}
		if (this._ending) return;
		this._ending = true;
		if (this._writing) return;
		if (this._len > 0 && this.fd >= 0) this._actualWrite();
		else actualClose(this);
	};
	function flushSync() {
		if (this.destroyed) throw new Error("SonicBoom destroyed");
		if (this.fd < 0) throw new Error("sonic boom is not ready yet");
		if (!this._writing && this._writingBuf.length > 0) {
			this._bufs.unshift(this._writingBuf);
			this._writingBuf = "";
		}
		let buf = "";
		while (this._bufs.length || buf.length) {
			if (buf.length <= 0) buf = this._bufs[0];
			try {
				const n = Buffer.isBuffer(buf) ? fs.writeSync(this.fd, buf) : fs.writeSync(this.fd, buf, "utf8");
				const releasedBufObj = releaseWritingBuf(buf, this._len, n);
				buf = releasedBufObj.writingBuf;
				this._len = releasedBufObj.len;
				if (buf.length <= 0) this._bufs.shift();
			} catch (err) {
				if ((err.code === "EAGAIN" || err.code === "EBUSY") && !this.retryEAGAIN(err, buf.length, this._len - buf.length)) throw err;
				sleep(BUSY_WRITE_TIMEOUT);
			}
		}
		try {
			fs.fsyncSync(this.fd);
		} catch {}
	}
	function flushBufferSync() {
		if (this.destroyed) throw new Error("SonicBoom destroyed");
		if (this.fd < 0) throw new Error("sonic boom is not ready yet");
		if (!this._writing && this._writingBuf.length > 0) {
			this._bufs.unshift([this._writingBuf]);
			this._writingBuf = kEmptyBuffer;
		}
		let buf = kEmptyBuffer;
		while (this._bufs.length || buf.length) {
			if (buf.length <= 0) buf = mergeBuf(this._bufs[0], this._lens[0]);
			try {
				const n = fs.writeSync(this.fd, buf);
				buf = buf.subarray(n);
				this._len = Math.max(this._len - n, 0);
				if (buf.length <= 0) {
					this._bufs.shift();
					this._lens.shift();
				}
			} catch (err) {
				if ((err.code === "EAGAIN" || err.code === "EBUSY") && !this.retryEAGAIN(err, buf.length, this._len - buf.length)) throw err;
				sleep(BUSY_WRITE_TIMEOUT);
			}
		}
	}
	SonicBoom.prototype.destroy = function() {
		if (this.destroyed) return;
		actualClose(this);
	};
	function actualWrite() {
		const release = this.release;
		this._writing = true;
		this._writingBuf = this._writingBuf.length ? this._writingBuf : this._bufs.shift() || "";
		if (this.sync) try {
			release(null, Buffer.isBuffer(this._writingBuf) ? fs.writeSync(this.fd, this._writingBuf) : fs.writeSync(this.fd, this._writingBuf, "utf8"));
		} catch (err) {
			release(err);
		}
		else fs.write(this.fd, this._writingBuf, release);
	}
	function actualWriteBuffer() {
		const release = this.release;
		this._writing = true;
		this._writingBuf = this._writingBuf.length ? this._writingBuf : mergeBuf(this._bufs.shift(), this._lens.shift());
		if (this.sync) try {
			release(null, fs.writeSync(this.fd, this._writingBuf));
		} catch (err) {
			release(err);
		}
		else {
			if (kCopyBuffer) this._writingBuf = Buffer.from(this._writingBuf);
			fs.write(this.fd, this._writingBuf, release);
		}
	}
	function actualClose(sonic) {
		if (sonic.fd === -1) {
			sonic.once("ready", actualClose.bind(null, sonic));
			return;
		}
		if (sonic._periodicFlushTimer !== void 0) clearInterval(sonic._periodicFlushTimer);
		sonic.destroyed = true;
		sonic._bufs = [];
		sonic._lens = [];
		assert(typeof sonic.fd === "number", `sonic.fd must be a number, got ${typeof sonic.fd}`);
		try {
			fs.fsync(sonic.fd, closeWrapped);
		} catch {}
		function closeWrapped() {
			if (sonic.fd !== 1 && sonic.fd !== 2) fs.close(sonic.fd, done);
			else done();
		}
		function done(err) {
			if (err) {
				sonic.emit("error", err);
				return;
			}
			if (sonic._ending && !sonic._writing) sonic.emit("finish");
			sonic.emit("close");
		}
	}
	/**
	* These export configurations enable JS and TS developers
	* to consumer SonicBoom in whatever way best suits their needs.
	* Some examples of supported import syntax includes:
	* - `const SonicBoom = require('SonicBoom')`
	* - `const { SonicBoom } = require('SonicBoom')`
	* - `import * as SonicBoom from 'SonicBoom'`
	* - `import { SonicBoom } from 'SonicBoom'`
	* - `import SonicBoom from 'SonicBoom'`
	*/
	SonicBoom.SonicBoom = SonicBoom;
	SonicBoom.default = SonicBoom;
	module.exports = SonicBoom;
}));
// node_modules/on-exit-leak-free/index.js
var require_on_exit_leak_free = /* @__PURE__ */ __commonJSMin(((exports, module) => {
	const refs = {
		exit: [],
		beforeExit: []
	};
	const functions = {
		exit: onExit,
		beforeExit: onBeforeExit
	};
	let registry;
	function ensureRegistry() {
		if (registry === void 0) registry = new FinalizationRegistry(clear);
	}
	function install(event) {
		if (refs[event].length > 0) return;
		process.on(event, functions[event]);
	}
	function uninstall(event) {
		if (refs[event].length > 0) return;
		process.removeListener(event, functions[event]);
		if (refs.exit.length === 0 && refs.beforeExit.length === 0) registry = void 0;
	}
	function onExit() {
		callRefs("exit");
	}
	function onBeforeExit() {
		callRefs("beforeExit");
	}
	function callRefs(event) {
		for (const ref of refs[event]) {
			const obj = ref.deref();
			const fn = ref.fn;
			/* istanbul ignore else */
			if (obj !== void 0) fn(obj, event);
		}
		refs[event] = [];
	}
	function clear(ref) {
		for (const event of ["exit", "beforeExit"]) {
			const index = refs[event].indexOf(ref);
			refs[event].splice(index, index + 1);
			uninstall(event);
		}
	}
	function _register(event, obj, fn) {
		if (obj === void 0) throw new Error("the object can't be undefined");
		install(event);
		const ref = new WeakRef(obj);
		ref.fn = fn;
		ensureRegistry();
		registry.register(obj, ref);
		refs[event].push(ref);
	}
	function register(obj, fn) {
		_register("exit", obj, fn);
	}
	function registerBeforeExit(obj, fn) {
		_register("beforeExit", obj, fn);
	}
	function unregister(obj) {
		if (registry === void 0) return;
		registry.unregister(obj);
		for (const event of ["exit", "beforeExit"]) {
			refs[event] = refs[event].filter((ref) => {
				const _obj = ref.deref();
				return _obj && _obj !== obj;
			});
			uninstall(event);
		}
	}
	module.exports = {
		register,
		registerBeforeExit,
		unregister
	};
}));
// node_modules/thread-stream/package.json
var require_package = /* @__PURE__ */ __commonJSMin(((exports, module) => {
	module.exports = {
		"name": "thread-stream",
		"version": "4.2.1",
		"description": "A streaming way to send data to a Node.js Worker Thread",
		"main": "index.js",
		"types": "index.d.ts",
		"engines": { "node": ">=20" },
		"dependencies": { "real-require": "^1.0.0" },
		"devDependencies": {
			"@types/node": "^26.1.1",
			"@yao-pkg/pkg": "^6.0.0",
			"borp": "^1.0.0",
			"desm": "^1.3.0",
			"eslint": "^9.39.1",
			"fastbench": "^1.0.1",
			"neostandard": "^0.13.0",
			"pino-elasticsearch": "^9.0.0",
			"sonic-boom": "^5.0.0",
			"ts-node": "^10.8.0",
			"tsd": "^0.33.0",
			"typescript": "~5.7.3"
		},
		"scripts": {
			"build": "tsc --noEmit",
			"lint": "eslint",
			"test": "npm run lint && npm run build && npm run test:types && npm run transpile && borp --expose-gc --pattern \"test/*.test.{js,mjs}\"",
			"test:ci": "npm run lint && npm run test:types && npm run transpile && borp --expose-gc --pattern \"test/*.test.{js,mjs}\"",
			"test:types": "tsd",
			"test:yarn": "npm run transpile && borp --expose-gc --pattern \"test/*.test.js\"",
			"transpile": "sh ./test/ts/transpile.sh"
		},
		"tsd": { "directory": "test/types" },
		"repository": {
			"type": "git",
			"url": "git+https://github.com/mcollina/thread-stream.git"
		},
		"keywords": [
			"worker",
			"thread",
			"threads",
			"stream"
		],
		"author": "Matteo Collina <hello@matteocollina.com>",
		"license": "MIT",
		"bugs": { "url": "https://github.com/mcollina/thread-stream/issues" },
		"homepage": "https://github.com/mcollina/thread-stream#readme"
	};
}));
// node_modules/thread-stream/lib/wait.js
var require_wait = /* @__PURE__ */ __commonJSMin(((exports, module) => {
	const WAIT_MS = 1e4;
	function wait(state, index, expected, timeout, done) {
		const max = timeout === 1e400 ? 1e400 : Date.now() + timeout;
		const check = (previous) => {
			const current = Atomics.load(state, index);
			if (current >= expected) {
				done(null, "ok");
				return;
			}
			if (previous !== void 0 && current !== previous) {
				done(null, "not-equal");
				return;
			}
			if (max !== 1e400 && Date.now() > max) {
				done(null, "timed-out");
				return;
			}
			const remaining = max === 1e400 ? WAIT_MS : Math.min(WAIT_MS, Math.max(1, max - Date.now()));
			const result = Atomics.waitAsync(state, index, current, remaining);
			if (result.async) result.value.then((res) => {
				if (res === "ok") {
					done(null, Atomics.load(state, index) >= expected ? "ok" : "not-equal");
					return;
				}
				check(current);
			});
			else setImmediate(done, null, "not-equal");
		};
		check();
	}
	function waitDiff(state, index, expected, timeout, done) {
		const max = timeout === 1e400 ? 1e400 : Date.now() + timeout;
		const check = () => {
			if (Atomics.load(state, index) !== expected) {
				done(null, "ok");
				return;
			}
			if (max !== 1e400 && Date.now() > max) {
				done(null, "timed-out");
				return;
			}
			const remaining = max === 1e400 ? WAIT_MS : Math.min(WAIT_MS, Math.max(1, max - Date.now()));
			const result = Atomics.waitAsync(state, index, expected, remaining);
			if (result.async) result.value.then((res) => {
				if (res === "ok") {
					done(null, "ok");
					return;
				}
				check();
			});
			else setImmediate(check);
		};
		check();
	}
	module.exports = {
		wait,
		waitDiff
	};
}));
// node_modules/thread-stream/lib/indexes.js
var require_indexes = /* @__PURE__ */ __commonJSMin(((exports, module) => {
	module.exports = {
		WRITE_INDEX: 4,
		READ_INDEX: 8,
		SEQ_INDEX: 2
	};
}));
// node_modules/thread-stream/index.js
var require_thread_stream = /* @__PURE__ */ __commonJSMin(((exports, module) => {
	var __dirname = import.meta.dirname;
	const { version } = require_package();
	const { EventEmitter } = __require("events");
	const { Worker } = __require("worker_threads");
	const { join } = __require("path");
	const { pathToFileURL } = __require("url");
	const { wait } = require_wait();
	const { WRITE_INDEX, READ_INDEX, SEQ_INDEX } = require_indexes();
	const buffer = __require("buffer");
	const assert = __require("assert");
	const kImpl = Symbol("kImpl");
	const MAX_STRING = buffer.constants.MAX_STRING_LENGTH;
	function noop() {}
	function updateState(stream, fn) {
		Atomics.add(stream[kImpl].state, SEQ_INDEX, 1);
		fn();
		Atomics.add(stream[kImpl].state, SEQ_INDEX, 1);
		Atomics.notify(stream[kImpl].state, SEQ_INDEX);
	}
	function resetIndexes(stream) {
		updateState(stream, () => {
			Atomics.store(stream[kImpl].state, READ_INDEX, 0);
			Atomics.store(stream[kImpl].state, WRITE_INDEX, 0);
		});
		Atomics.notify(stream[kImpl].state, READ_INDEX);
	}
	var FakeWeakRef = class {
		constructor(value) {
			this._value = value;
		}
		deref() {
			return this._value;
		}
	};
	var FakeFinalizationRegistry = class {
		register() {}
		unregister() {}
	};
	const FinalizationRegistry = process.env.NODE_V8_COVERAGE ? FakeFinalizationRegistry : global.FinalizationRegistry || FakeFinalizationRegistry;
	const WeakRef = process.env.NODE_V8_COVERAGE ? FakeWeakRef : global.WeakRef || FakeWeakRef;
	const registry = new FinalizationRegistry((worker) => {
		if (worker.exited) return;
		worker.terminate();
	});
	function createWorker(stream, opts) {
		const { filename, workerData } = opts;
		const toExecute = ("__bundlerPathsOverrides" in globalThis ? globalThis.__bundlerPathsOverrides : {})["thread-stream-worker"] || join(__dirname, "lib", "worker.js");
		const worker = new Worker(toExecute, {
			...opts.workerOpts,
			name: opts.workerOpts?.name || "thread-stream",
			trackUnmanagedFds: false,
			workerData: {
				filename: filename.indexOf("file://") === 0 ? filename : pathToFileURL(filename).href,
				dataBuf: stream[kImpl].dataBuf,
				stateBuf: stream[kImpl].stateBuf,
				workerData: {
					$context: { threadStreamVersion: version },
					...workerData
				}
			}
		});
		worker.stream = new FakeWeakRef(stream);
		worker.on("message", onWorkerMessage);
		worker.on("exit", onWorkerExit);
		registry.register(stream, worker);
		return worker;
	}
	function drain(stream) {
		assert(!stream[kImpl].sync);
		if (stream[kImpl].needDrain) {
			stream[kImpl].needDrain = false;
			stream.emit("drain");
		}
	}
	function nextFlush(stream) {
		while (true) {
			const writeIndex = Atomics.load(stream[kImpl].state, WRITE_INDEX);
			if (stream.destroyed || writeIndex < 0) return;
			const leftover = stream[kImpl].data.length - writeIndex;
			if (leftover > 0) {
				if (stream[kImpl].bufLen === 0) {
					stream[kImpl].flushing = false;
					if (stream[kImpl].ending) end(stream);
					else if (stream[kImpl].needDrain) process.nextTick(drain, stream);
					return;
				}
				write(stream, leftover, noop);
				continue;
			}
			if (leftover === 0) {
				if (writeIndex === 0 && stream[kImpl].bufLen === 0) return;
				waitForRead(stream, () => {
					if (stream.destroyed) return;
					resetIndexes(stream);
					nextFlush(stream);
				});
				return;
			}
			destroy(stream, /* @__PURE__ */ new Error("overwritten"));
			return;
		}
	}
	function onWorkerMessage(msg) {
		const stream = this.stream.deref();
		if (stream === void 0) {
			this.exited = true;
			this.terminate();
			return;
		}
		if (msg?.code == null) return;
		switch (msg.code) {
			case "READY":
				if (!stream[kImpl].ending) this.stream = new WeakRef(stream);
				waitForRead(stream, () => {
					stream[kImpl].ready = true;
					stream.emit("ready");
				});
				break;
			case "ERROR":
				destroy(stream, msg.err);
				break;
			case "EVENT":
				if (Array.isArray(msg.args)) stream.emit(msg.name, ...msg.args);
				else stream.emit(msg.name, msg.args);
				break;
			case "FLUSHED": {
				if (msg.context !== "thread-stream") {
					destroy(stream, /* @__PURE__ */ new Error("this should not happen: " + msg.code));
					break;
				}
				const cb = stream[kImpl].flushCallbacks.get(msg.id);
				if (cb) {
					stream[kImpl].flushCallbacks.delete(msg.id);
					process.nextTick(cb);
				}
				break;
			}
			case "WARNING":
				process.emitWarning(msg.err);
				break;
			default: destroy(stream, /* @__PURE__ */ new Error("this should not happen: " + msg.code));
		}
	}
	function onWorkerExit(code) {
		const stream = this.stream.deref();
		if (stream === void 0) return;
		registry.unregister(stream);
		stream.worker.exited = true;
		stream.worker.off("exit", onWorkerExit);
		destroy(stream, code !== 0 ? /* @__PURE__ */ new Error("the worker thread exited") : null);
	}
	var ThreadStream = class extends EventEmitter {
		constructor(opts = {}) {
			super();
			if (opts.bufferSize < 4) throw new Error("bufferSize must at least fit a 4-byte utf-8 char");
			this[kImpl] = {};
			this[kImpl].stateBuf = new SharedArrayBuffer(128);
			this[kImpl].state = new Int32Array(this[kImpl].stateBuf);
			this[kImpl].dataBuf = new SharedArrayBuffer(opts.bufferSize || 4194304);
			this[kImpl].data = Buffer.from(this[kImpl].dataBuf);
			this[kImpl].sync = opts.sync || false;
			this[kImpl].ending = false;
			this[kImpl].ended = false;
			this[kImpl].needDrain = false;
			this[kImpl].destroyed = false;
			this[kImpl].flushing = false;
			this[kImpl].ready = false;
			this[kImpl].finished = false;
			this[kImpl].errored = null;
			this[kImpl].closed = false;
			this[kImpl].buf = [];
			this[kImpl].bufHead = 0;
			this[kImpl].bufLen = 0;
			this[kImpl].flushCallbacks = /* @__PURE__ */ new Map();
			this[kImpl].nextFlushId = 0;
			this[kImpl].flushRetainCount = 0;
			this[kImpl].userRef = true;
			this.worker = createWorker(this, opts);
			this.on("message", (message, transferList) => {
				this.worker.postMessage(message, transferList);
			});
		}
		write(data) {
			const dataBuf = Buffer.isBuffer(data) ? data : Buffer.from(data);
			if (this[kImpl].destroyed) {
				error(this, /* @__PURE__ */ new Error("the worker has exited"));
				return false;
			}
			if (this[kImpl].ending) {
				error(this, /* @__PURE__ */ new Error("the worker is ending"));
				return false;
			}
			if (this[kImpl].flushing && this[kImpl].bufLen + dataBuf.length >= MAX_STRING) try {
				writeSync(this);
				this[kImpl].flushing = true;
			} catch (err) {
				destroy(this, err);
				return false;
			}
			this[kImpl].buf.push(dataBuf);
			this[kImpl].bufLen += dataBuf.length;
			if (this[kImpl].sync) try {
				writeSync(this);
				return true;
			} catch (err) {
				destroy(this, err);
				return false;
			}
			if (!this[kImpl].flushing) {
				this[kImpl].flushing = true;
				setImmediate(nextFlush, this);
			}
			this[kImpl].needDrain = this[kImpl].data.length - this[kImpl].bufLen - Atomics.load(this[kImpl].state, WRITE_INDEX) <= 0;
			return !this[kImpl].needDrain;
		}
		end() {
			if (this[kImpl].destroyed) return;
			this[kImpl].ending = true;
			this.worker.stream = new FakeWeakRef(this);
			end(this);
		}
		flush(cb) {
			const userCb = typeof cb === "function" ? cb : null;
			cb = userCb || noop;
			if (userCb) retainWorkerForPendingFlush(this);
			let finished = false;
			const done = (err) => {
				if (finished) return;
				finished = true;
				if (userCb) releaseWorkerForPendingFlush(this);
				cb(err);
			};
			flushBuffer(this, (err) => {
				if (err) {
					process.nextTick(done, err);
					return;
				}
				requestWorkerFlush(this, done);
			});
		}
		flushSync() {
			if (this[kImpl].destroyed) return;
			writeSync(this);
			flushSync(this);
		}
		unref() {
			this[kImpl].userRef = false;
			if (this[kImpl].flushRetainCount === 0) this.worker.unref();
		}
		ref() {
			this[kImpl].userRef = true;
			this.worker.ref();
		}
		get ready() {
			return this[kImpl].ready;
		}
		get destroyed() {
			return this[kImpl].destroyed;
		}
		get closed() {
			return this[kImpl].closed;
		}
		get writable() {
			return !this[kImpl].destroyed && !this[kImpl].ending;
		}
		get writableEnded() {
			return this[kImpl].ending;
		}
		get writableFinished() {
			return this[kImpl].finished;
		}
		get writableNeedDrain() {
			return this[kImpl].needDrain;
		}
		get writableObjectMode() {
			return false;
		}
		get writableErrored() {
			return this[kImpl].errored;
		}
	};
	function flushBuffer(stream, cb) {
		if (stream[kImpl].destroyed) {
			process.nextTick(cb, /* @__PURE__ */ new Error("the worker has exited"));
			return;
		}
		if (!stream[kImpl].sync && (stream[kImpl].flushing || stream[kImpl].bufLen > 0)) {
			setImmediate(flushBuffer, stream, cb);
			return;
		}
		waitForRead(stream, cb);
	}
	function waitForRead(stream, cb) {
		const writeIndex = Atomics.load(stream[kImpl].state, WRITE_INDEX);
		wait(stream[kImpl].state, READ_INDEX, writeIndex, 1e400, (err, res) => {
			if (err) {
				destroy(stream, err);
				cb(err);
				return;
			}
			if (res !== "ok") {
				waitForRead(stream, cb);
				return;
			}
			cb();
		});
	}
	function retainWorkerForPendingFlush(stream) {
		if (stream[kImpl].flushRetainCount === 0) stream.worker.ref();
		stream[kImpl].flushRetainCount++;
	}
	function releaseWorkerForPendingFlush(stream) {
		if (stream[kImpl].flushRetainCount === 0) return;
		stream[kImpl].flushRetainCount--;
		if (stream[kImpl].flushRetainCount === 0 && !stream[kImpl].userRef) stream.worker.unref();
	}
	function requestWorkerFlush(stream, cb) {
		if (stream[kImpl].destroyed) {
			process.nextTick(cb, /* @__PURE__ */ new Error("the worker has exited"));
			return;
		}
		if (!stream[kImpl].ready) {
			const onReady = () => {
				cleanup();
				requestWorkerFlush(stream, cb);
			};
			const onClose = () => {
				cleanup();
				process.nextTick(cb, /* @__PURE__ */ new Error("the worker has exited"));
			};
			const cleanup = () => {
				stream.off("ready", onReady);
				stream.off("close", onClose);
			};
			stream.once("ready", onReady);
			stream.once("close", onClose);
			return;
		}
		const id = ++stream[kImpl].nextFlushId;
		stream[kImpl].flushCallbacks.set(id, cb);
		try {
			stream.worker.postMessage({
				code: "FLUSH",
				context: "thread-stream",
				id
			});
		} catch (err) {
			stream[kImpl].flushCallbacks.delete(id);
			destroy(stream, err);
			process.nextTick(cb, err);
		}
	}
	function failPendingFlushCallbacks(stream, err) {
		const callbacks = stream[kImpl].flushCallbacks;
		if (callbacks.size === 0) return;
		const flushErr = err || /* @__PURE__ */ new Error("the worker has exited");
		for (const cb of callbacks.values()) process.nextTick(cb, flushErr);
		callbacks.clear();
	}
	function error(stream, err) {
		setImmediate(() => {
			stream.emit("error", err);
		});
	}
	function destroy(stream, err) {
		if (stream[kImpl].destroyed) return;
		stream[kImpl].destroyed = true;
		failPendingFlushCallbacks(stream, err);
		if (err) {
			stream[kImpl].errored = err;
			error(stream, err);
		}
		if (!stream.worker.exited) stream.worker.terminate().catch(() => {}).then(() => {
			stream[kImpl].closed = true;
			stream.emit("close");
		});
		else setImmediate(() => {
			stream[kImpl].closed = true;
			stream.emit("close");
		});
	}
	function write(stream, maxBytes, cb) {
		let offset = Atomics.load(stream[kImpl].state, WRITE_INDEX);
		let remaining = maxBytes;
		while (remaining > 0 && stream[kImpl].bufLen !== 0) {
			const head = stream[kImpl].bufHead;
			const buf = stream[kImpl].buf[head];
			if (buf.length <= remaining) {
				buf.copy(stream[kImpl].data, offset);
				offset += buf.length;
				remaining -= buf.length;
				stream[kImpl].bufLen -= buf.length;
				stream[kImpl].bufHead = head + 1;
				if (stream[kImpl].bufHead === stream[kImpl].buf.length) {
					stream[kImpl].buf.length = 0;
					stream[kImpl].bufHead = 0;
				} else if (stream[kImpl].bufHead >= 1024 && stream[kImpl].bufHead * 2 >= stream[kImpl].buf.length) {
					stream[kImpl].buf.splice(0, stream[kImpl].bufHead);
					stream[kImpl].bufHead = 0;
				}
				continue;
			}
			buf.copy(stream[kImpl].data, offset, 0, remaining);
			stream[kImpl].buf[head] = buf.subarray(remaining);
			stream[kImpl].bufLen -= remaining;
			offset += remaining;
			remaining = 0;
		}
		updateState(stream, () => {
			Atomics.store(stream[kImpl].state, WRITE_INDEX, offset);
		});
		cb();
		return true;
	}
	function end(stream) {
		if (stream[kImpl].ended || !stream[kImpl].ending || stream[kImpl].flushing) return;
		stream[kImpl].ended = true;
		try {
			stream.flushSync();
			let readIndex = Atomics.load(stream[kImpl].state, READ_INDEX);
			updateState(stream, () => {
				Atomics.store(stream[kImpl].state, WRITE_INDEX, -1);
			});
			let spins = 0;
			while (readIndex !== -1) {
				Atomics.wait(stream[kImpl].state, READ_INDEX, readIndex, 1e3);
				readIndex = Atomics.load(stream[kImpl].state, READ_INDEX);
				if (readIndex === -2) {
					destroy(stream, /* @__PURE__ */ new Error("end() failed"));
					return;
				}
				if (++spins === 10) {
					destroy(stream, /* @__PURE__ */ new Error("end() took too long (10s)"));
					return;
				}
			}
			process.nextTick(() => {
				stream[kImpl].finished = true;
				stream.emit("finish");
			});
		} catch (err) {
			destroy(stream, err);
		}
	}
	function writeSync(stream) {
		const cb = () => {
			if (stream[kImpl].ending) end(stream);
			else if (stream[kImpl].needDrain) process.nextTick(drain, stream);
		};
		stream[kImpl].flushing = false;
		while (stream[kImpl].bufLen !== 0) {
			const writeIndex = Atomics.load(stream[kImpl].state, WRITE_INDEX);
			if (writeIndex < 0) throw new Error("_writeSync failed");
			const leftover = stream[kImpl].data.length - writeIndex;
			if (leftover === 0) {
				flushSync(stream);
				resetIndexes(stream);
				continue;
			} else if (leftover < 0) throw new Error("overwritten");
			write(stream, leftover, cb);
		}
	}
	function flushSync(stream) {
		if (stream[kImpl].flushing) throw new Error("unable to flush while flushing");
		const writeIndex = Atomics.load(stream[kImpl].state, WRITE_INDEX);
		let spins = 0;
		while (true) {
			const readIndex = Atomics.load(stream[kImpl].state, READ_INDEX);
			if (readIndex === -2) throw Error("_flushSync failed");
			if (readIndex !== writeIndex) Atomics.wait(stream[kImpl].state, READ_INDEX, readIndex, 1e3);
			else break;
			if (++spins === 10) throw new Error("_flushSync took too long (10s)");
		}
	}
	module.exports = ThreadStream;
}));
// node_modules/pino/lib/transport.js
var require_transport = /* @__PURE__ */ __commonJSMin(((exports, module) => {
	var __dirname = import.meta.dirname;
	const { createRequire } = __require("module");
	const { existsSync } = __require("node:fs");
	const getCallers = require_caller();
	const { join, isAbsolute, sep } = __require("node:path");
	const { fileURLToPath } = __require("node:url");
	const sleep = require_atomic_sleep();
	const onExit = require_on_exit_leak_free();
	const ThreadStream = require_thread_stream();
	const { transportUsesMultistreamSym } = require_symbols();
	function setupOnExit(stream) {
		onExit.register(stream, autoEnd);
		onExit.registerBeforeExit(stream, flush);
		stream.on("close", function() {
			onExit.unregister(stream);
		});
	}
	function hasPreloadFlags() {
		const execArgv = process.execArgv;
		for (let i = 0; i < execArgv.length; i++) {
			const arg = execArgv[i];
			if (arg === "--import" || arg === "--require" || arg === "-r") return true;
			if (arg.startsWith("--import=") || arg.startsWith("--require=") || arg.startsWith("-r=")) return true;
		}
		return false;
	}
	function sanitizeNodeOptions(nodeOptions) {
		const tokens = nodeOptions.match(/(?:[^\s"']+|"[^"]*"|'[^']*')+/g);
		if (!tokens) return nodeOptions;
		const sanitized = [];
		let changed = false;
		for (let i = 0; i < tokens.length; i++) {
			const token = tokens[i];
			if (token === "--require" || token === "-r" || token === "--import") {
				const next = tokens[i + 1];
				if (next && shouldDropPreload(next)) {
					changed = true;
					i++;
					continue;
				}
				sanitized.push(token);
				if (next) {
					sanitized.push(next);
					i++;
				}
				continue;
			}
			if (token.startsWith("--require=") || token.startsWith("-r=") || token.startsWith("--import=")) {
				if (shouldDropPreload(token.slice(token.indexOf("=") + 1))) {
					changed = true;
					continue;
				}
			}
			sanitized.push(token);
		}
		return changed ? sanitized.join(" ") : nodeOptions;
	}
	function shouldDropPreload(value) {
		const unquoted = stripQuotes(value);
		if (!unquoted) return false;
		let path = unquoted;
		if (path.startsWith("file://")) try {
			path = fileURLToPath(path);
		} catch {
			return false;
		}
		return isAbsolute(path) && !existsSync(path);
	}
	function stripQuotes(value) {
		const first = value[0];
		const last = value[value.length - 1];
		if (first === "\"" && last === "\"" || first === "'" && last === "'") return value.slice(1, -1);
		return value;
	}
	function buildStream(filename, workerData, workerOpts, sync, name) {
		if (!workerOpts.execArgv && hasPreloadFlags() && __require.main === void 0) workerOpts = {
			...workerOpts,
			execArgv: []
		};
		if (!workerOpts.env && process.env.NODE_OPTIONS) {
			const nodeOptions = sanitizeNodeOptions(process.env.NODE_OPTIONS);
			if (nodeOptions !== process.env.NODE_OPTIONS) workerOpts = {
				...workerOpts,
				env: {
					...process.env,
					NODE_OPTIONS: nodeOptions
				}
			};
		}
		workerOpts = {
			...workerOpts,
			name
		};
		const stream = new ThreadStream({
			filename,
			workerData,
			workerOpts,
			sync
		});
		stream.on("ready", onReady);
		stream.on("close", function() {
			process.removeListener("exit", onExit);
		});
		process.on("exit", onExit);
		function onReady() {
			process.removeListener("exit", onExit);
			stream.unref();
			if (workerOpts.autoEnd !== false) setupOnExit(stream);
		}
		function onExit() {
			/* istanbul ignore next */
			if (stream.closed) return;
			stream.flushSync();
			sleep(100);
			stream.end();
		}
		return stream;
	}
	function autoEnd(stream) {
		stream.ref();
		stream.flushSync();
		stream.end();
		stream.once("close", function() {
			stream.unref();
		});
	}
	function flush(stream) {
		stream.flushSync();
	}
	function transport(fullOptions) {
		const { pipeline, targets, levels, dedupe, worker = {}, caller = getCallers(), sync = false } = fullOptions;
		const options = { ...fullOptions.options };
		let usesMultistream = false;
		const callers = typeof caller === "string" ? [caller] : caller;
		const bundlerOverrides = typeof globalThis === "object" && Object.prototype.hasOwnProperty.call(globalThis, "__bundlerPathsOverrides") && globalThis.__bundlerPathsOverrides && typeof globalThis.__bundlerPathsOverrides === "object" ? globalThis.__bundlerPathsOverrides : Object.create(null);
		let target = fullOptions.target;
		if (target && targets) throw new Error("only one of target or targets can be specified");
		if (targets) {
			target = bundlerOverrides["pino-worker"] || join(__dirname, "worker.js");
			options.targets = targets.filter((dest) => dest.target).map((dest) => {
				return {
					...dest,
					target: fixTarget(dest.target)
				};
			});
			options.pipelines = targets.filter((dest) => dest.pipeline).map((dest) => {
				return dest.pipeline.map((t) => {
					return {
						...t,
						level: dest.level,
						target: fixTarget(t.target)
					};
				});
			});
			const targetsHaveLevel = options.targets.some((t) => t.level != null);
			const pipelinesHaveLevel = options.pipelines.some((p) => p.some((t) => t.level != null));
			usesMultistream = options.targets.length + options.pipelines.length > 1 || targetsHaveLevel || pipelinesHaveLevel;
		} else if (pipeline) {
			target = bundlerOverrides["pino-worker"] || join(__dirname, "worker.js");
			options.pipelines = [pipeline.map((dest) => {
				return {
					...dest,
					target: fixTarget(dest.target)
				};
			})];
		}
		if (levels) options.levels = levels;
		if (dedupe) options.dedupe = dedupe;
		options.pinoWillSendConfig = true;
		const name = targets || pipeline ? "pino.transport" : target;
		const stream = buildStream(fixTarget(target), options, worker, sync, name);
		if (usesMultistream) stream[transportUsesMultistreamSym] = true;
		return stream;
		function fixTarget(origin) {
			origin = bundlerOverrides[origin] || origin;
			if (isAbsolute(origin) || origin.indexOf("file://") === 0) return origin;
			if (origin === "pino/file") return join(__dirname, "..", "file.js");
			let fixTarget;
			for (const filePath of callers) try {
				const context = filePath === "node:repl" ? process.cwd() + sep : filePath;
				fixTarget = createRequire(context).resolve(origin);
				break;
			} catch (err) {
				continue;
			}
			if (!fixTarget) throw new Error(`unable to determine transport target for "${origin}"`);
			return fixTarget;
		}
	}
	module.exports = transport;
}));
// node_modules/pino/lib/tools.js
var require_tools = /* @__PURE__ */ __commonJSMin(((exports, module) => {
	const diagChan = __require("node:diagnostics_channel");
	const format = require_quick_format_unescaped();
	const { mapHttpRequest, mapHttpResponse } = require_pino_std_serializers();
	const SonicBoom = require_sonic_boom();
	const onExit = require_on_exit_leak_free();
	const { lsCacheSym, chindingsSym, writeSym, serializersSym, formatOptsSym, endSym, stringifiersSym, stringifySym, stringifySafeSym, wildcardFirstSym, nestedKeySym, formattersSym, messageKeySym, errorKeySym, nestedKeyStrSym, msgPrefixSym } = require_symbols();
	const { isMainThread } = __require("worker_threads");
	const transport = require_transport();
	const [nodeMajor] = process.versions.node.split(".").map((v) => Number(v));
	const asJsonChan = diagChan.tracingChannel("pino_asJson");
	const asString = nodeMajor >= 25 ? (str) => JSON.stringify(str) : _asString;
	function noop() {}
	function genLog(level, hook) {
		if (!hook) return LOG;
		return function hookWrappedLog(...args) {
			hook.call(this, args, LOG, level);
		};
		function LOG(o, ...n) {
			if (typeof o === "object") {
				let msg = o;
				if (o !== null) {
					if (o.method && o.headers && o.socket) o = mapHttpRequest(o);
					else if (typeof o.setHeader === "function") o = mapHttpResponse(o);
				}
				let formatParams;
				if (msg === null && n.length === 0) formatParams = [null];
				else {
					msg = n.shift();
					formatParams = n;
				}
				if (typeof this[msgPrefixSym] === "string" && msg !== void 0 && msg !== null) msg = this[msgPrefixSym] + msg;
				this[writeSym](o, format(msg, formatParams, this[formatOptsSym]), level);
			} else {
				let msg = o === void 0 ? n.shift() : o;
				if (typeof this[msgPrefixSym] === "string" && msg !== void 0 && msg !== null) msg = this[msgPrefixSym] + msg;
				this[writeSym](null, format(msg, n, this[formatOptsSym]), level);
			}
		}
	}
	function _asString(str) {
		let result = "";
		let last = 0;
		let found = false;
		let point = 255;
		const l = str.length;
		if (l > 100) return JSON.stringify(str);
		for (var i = 0; i < l && point >= 32; i++) {
			point = str.charCodeAt(i);
			if (point === 34 || point === 92) {
				result += str.slice(last, i) + "\\";
				last = i;
				found = true;
			}
		}
		if (!found) result = str;
		else result += str.slice(last);
		return point < 32 ? JSON.stringify(str) : "\"" + result + "\"";
	}
	/**
	* `asJson` wraps `_asJson` in order to facilitate generating diagnostics.
	*
	* @param {object} obj The merging object passed to the log method.
	* @param {string} msg The log message passed to the log method.
	* @param {number} num The log level number.
	* @param {number} time The log time in milliseconds.
	*
	* @returns {string}
	*/
	function asJson(obj, msg, num, time) {
		if (asJsonChan.hasSubscribers === false) return _asJson.call(this, obj, msg, num, time);
		const store = {
			instance: this,
			arguments
		};
		return asJsonChan.traceSync(_asJson, store, this, obj, msg, num, time);
	}
	/**
	* `_asJson` parses all collected data and generates the finalized newline
	* delimited JSON string.
	*
	* @param {object} obj The merging object passed to the log method.
	* @param {string} msg The log message passed to the log method.
	* @param {number} num The log level number.
	* @param {number} time The log time in milliseconds.
	*
	* @returns {string} The finalized log string terminated with a newline.
	* @private
	*/
	function _asJson(obj, msg, num, time) {
		const stringify = this[stringifySym];
		const stringifySafe = this[stringifySafeSym];
		const stringifiers = this[stringifiersSym];
		const end = this[endSym];
		const chindings = this[chindingsSym];
		const serializers = this[serializersSym];
		const formatters = this[formattersSym];
		const messageKey = this[messageKeySym];
		const errorKey = this[errorKeySym];
		let data = this[lsCacheSym][num] + time;
		data = data + chindings;
		let value;
		if (formatters.log) obj = formatters.log(obj);
		const wildcardStringifier = stringifiers[wildcardFirstSym];
		let propStr = "";
		for (const key in obj) {
			value = obj[key];
			if (Object.prototype.hasOwnProperty.call(obj, key) && value !== void 0) {
				if (serializers[key]) value = serializers[key](value);
				else if (key === errorKey && serializers.err) value = serializers.err(value);
				const stringifier = stringifiers[key] || wildcardStringifier;
				switch (typeof value) {
					case "undefined":
					case "function": continue;
					case "number": if (Number.isFinite(value) === false) value = null;
					case "boolean":
						if (stringifier) value = stringifier(value);
						break;
					case "string":
						value = (stringifier || asString)(value);
						break;
					default: value = (stringifier || stringify)(value, stringifySafe);
				}
				if (value === void 0) continue;
				const strKey = asString(key);
				propStr += "," + strKey + ":" + value;
			}
		}
		let msgStr = "";
		if (msg !== void 0) {
			value = serializers[messageKey] ? serializers[messageKey](msg) : msg;
			const stringifier = stringifiers[messageKey] || wildcardStringifier;
			switch (typeof value) {
				case "function": break;
				case "number": if (Number.isFinite(value) === false) value = null;
				case "boolean":
					if (stringifier) value = stringifier(value);
					msgStr = ",\"" + messageKey + "\":" + value;
					break;
				case "string":
					value = (stringifier || asString)(value);
					msgStr = ",\"" + messageKey + "\":" + value;
					break;
				default:
					value = (stringifier || stringify)(value, stringifySafe);
					msgStr = ",\"" + messageKey + "\":" + value;
			}
		}
		if (this[nestedKeySym] && propStr) return data + this[nestedKeyStrSym] + propStr.slice(1) + "}" + msgStr + end;
		else return data + propStr + msgStr + end;
	}
	function asChindings(instance, bindings) {
		let value;
		let data = instance[chindingsSym];
		const stringify = instance[stringifySym];
		const stringifySafe = instance[stringifySafeSym];
		const stringifiers = instance[stringifiersSym];
		const wildcardStringifier = stringifiers[wildcardFirstSym];
		const serializers = instance[serializersSym];
		const formatter = instance[formattersSym].bindings;
		bindings = formatter(bindings);
		for (const key in bindings) {
			value = bindings[key];
			if (((key.length < 5 || key !== "level" && key !== "serializers" && key !== "formatters" && key !== "customLevels") && bindings.hasOwnProperty(key) && value !== void 0) === true) {
				value = serializers[key] ? serializers[key](value) : value;
				value = (stringifiers[key] || wildcardStringifier || stringify)(value, stringifySafe);
				if (value === void 0) continue;
				data += "," + asString(key) + ":" + value;
			}
		}
		return data;
	}
	function hasBeenTampered(stream) {
		return stream.write !== stream.constructor.prototype.write;
	}
	function buildSafeSonicBoom(opts) {
		const stream = new SonicBoom(opts);
		stream.on("error", filterBrokenPipe);
		if (!opts.sync && isMainThread) {
			onExit.register(stream, autoEnd);
			stream.on("close", function() {
				onExit.unregister(stream);
			});
		}
		return stream;
		function filterBrokenPipe(err) {
			/* istanbul ignore next */
			if (err.code === "EPIPE") {
				stream.write = noop;
				stream.end = noop;
				stream.flushSync = noop;
				stream.destroy = noop;
				return;
			}
			stream.removeListener("error", filterBrokenPipe);
			stream.emit("error", err);
		}
	}
	function autoEnd(stream, eventName) {
		/* istanbul ignore next */
		if (stream.destroyed) return;
		if (eventName === "beforeExit") {
			stream.flush();
			stream.on("drain", function() {
				stream.end();
			});
		} else
 /* istanbul ignore next */
		stream.flushSync();
	}
	function createArgsNormalizer(defaultOptions) {
		return function normalizeArgs(instance, caller, opts = {}, stream) {
			if (typeof opts === "string") {
				stream = buildSafeSonicBoom({ dest: opts });
				opts = {};
			} else if (typeof stream === "string") {
				if (opts && opts.transport) throw Error("only one of option.transport or stream can be specified");
				stream = buildSafeSonicBoom({ dest: stream });
			} else if (opts instanceof SonicBoom || opts.writable || opts._writableState) {
				stream = opts;
				opts = {};
			} else if (opts.transport) {
				if (opts.transport instanceof SonicBoom || opts.transport.writable || opts.transport._writableState) throw Error("option.transport do not allow stream, please pass to option directly. e.g. pino(transport)");
				if (opts.transport.targets && opts.transport.targets.length && opts.formatters && typeof opts.formatters.level === "function") throw Error("option.transport.targets do not allow custom level formatters");
				let customLevels;
				if (opts.customLevels) customLevels = opts.useOnlyCustomLevels ? opts.customLevels : Object.assign({}, opts.levels, opts.customLevels);
				stream = transport({
					caller,
					...opts.transport,
					levels: customLevels
				});
			}
			opts = Object.assign({}, defaultOptions, opts);
			opts.serializers = Object.assign(Object.create(null), defaultOptions.serializers, opts.serializers);
			opts.formatters = Object.assign({}, defaultOptions.formatters, opts.formatters);
			if (opts.prettyPrint) throw new Error("prettyPrint option is no longer supported, see the pino-pretty package (https://github.com/pinojs/pino-pretty)");
			const { enabled, onChild } = opts;
			if (enabled === false) opts.level = "silent";
			if (!onChild) opts.onChild = noop;
			if (!stream) {
				if (!hasBeenTampered(process.stdout)) stream = buildSafeSonicBoom({ fd: process.stdout.fd || 1 });
				else stream = process.stdout;
			}
			return {
				opts,
				stream
			};
		};
	}
	function stringify(obj, stringifySafeFn) {
		try {
			return JSON.stringify(obj);
		} catch (_) {
			try {
				return (stringifySafeFn || this[stringifySafeSym])(obj);
			} catch (_) {
				return "\"[unable to serialize, circular reference is too complex to analyze]\"";
			}
		}
	}
	function buildFormatters(level, bindings, log) {
		return {
			level,
			bindings,
			log
		};
	}
	/**
	* Convert a string integer file descriptor to a proper native integer
	* file descriptor.
	*
	* @param {string} destination The file descriptor string to attempt to convert.
	*
	* @returns {Number}
	*/
	function normalizeDestFileDescriptor(destination) {
		const fd = Number(destination);
		if (typeof destination === "string" && Number.isFinite(fd)) return fd;
		if (destination === void 0) return 1;
		return destination;
	}
	module.exports = {
		noop,
		buildSafeSonicBoom,
		asChindings,
		asJson,
		genLog,
		createArgsNormalizer,
		stringify,
		buildFormatters,
		normalizeDestFileDescriptor
	};
}));
// node_modules/pino/lib/constants.js
var require_constants = /* @__PURE__ */ __commonJSMin(((exports, module) => {
	module.exports = {
		DEFAULT_LEVELS: {
			trace: 10,
			debug: 20,
			info: 30,
			warn: 40,
			error: 50,
			fatal: 60
		},
		SORTING_ORDER: {
			ASC: "ASC",
			DESC: "DESC"
		}
	};
}));
// node_modules/pino/lib/levels.js
var require_levels = /* @__PURE__ */ __commonJSMin(((exports, module) => {
	const { lsCacheSym, levelValSym, useOnlyCustomLevelsSym, streamSym, formattersSym, hooksSym, levelCompSym } = require_symbols();
	const { noop, genLog } = require_tools();
	const { DEFAULT_LEVELS, SORTING_ORDER } = require_constants();
	const levelMethods = {
		fatal: (hook) => {
			const logFatal = genLog(DEFAULT_LEVELS.fatal, hook);
			return function(...args) {
				const stream = this[streamSym];
				logFatal.call(this, ...args);
				if (typeof stream.flushSync === "function") try {
					stream.flushSync();
				} catch (e) {}
			};
		},
		error: (hook) => genLog(DEFAULT_LEVELS.error, hook),
		warn: (hook) => genLog(DEFAULT_LEVELS.warn, hook),
		info: (hook) => genLog(DEFAULT_LEVELS.info, hook),
		debug: (hook) => genLog(DEFAULT_LEVELS.debug, hook),
		trace: (hook) => genLog(DEFAULT_LEVELS.trace, hook)
	};
	const nums = Object.keys(DEFAULT_LEVELS).reduce((o, k) => {
		o[DEFAULT_LEVELS[k]] = k;
		return o;
	}, {});
	const initialLsCache = Object.keys(nums).reduce((o, k) => {
		o[k] = "{\"level\":" + Number(k);
		return o;
	}, {});
	function genLsCache(instance) {
		const formatter = instance[formattersSym].level;
		const { labels } = instance.levels;
		const cache = {};
		for (const label in labels) {
			const level = formatter(labels[label], Number(label));
			cache[label] = JSON.stringify(level).slice(0, -1);
		}
		instance[lsCacheSym] = cache;
		return instance;
	}
	function isStandardLevel(level, useOnlyCustomLevels) {
		if (useOnlyCustomLevels) return false;
		switch (level) {
			case "fatal":
			case "error":
			case "warn":
			case "info":
			case "debug":
			case "trace": return true;
			default: return false;
		}
	}
	function setLevel(level) {
		const { labels, values } = this.levels;
		if (typeof level === "number") {
			if (labels[level] === void 0) throw Error("unknown level value" + level);
			level = labels[level];
		}
		if (values[level] === void 0) throw Error("unknown level " + level);
		const preLevelVal = this[levelValSym];
		const levelVal = this[levelValSym] = values[level];
		const useOnlyCustomLevelsVal = this[useOnlyCustomLevelsSym];
		const levelComparison = this[levelCompSym];
		const hook = this[hooksSym].logMethod;
		for (const key in values) {
			if (levelComparison(values[key], levelVal) === false) {
				this[key] = noop;
				continue;
			}
			this[key] = isStandardLevel(key, useOnlyCustomLevelsVal) ? levelMethods[key](hook) : genLog(values[key], hook);
		}
		this.emit("level-change", level, levelVal, labels[preLevelVal], preLevelVal, this);
	}
	function getLevel(level) {
		const { levels, levelVal } = this;
		return levels && levels.labels ? levels.labels[levelVal] : "";
	}
	function isLevelEnabled(logLevel) {
		const { values } = this.levels;
		const logLevelVal = values[logLevel];
		return logLevelVal !== void 0 && this[levelCompSym](logLevelVal, this[levelValSym]);
	}
	/**
	* Determine if the given `current` level is enabled by comparing it
	* against the current threshold (`expected`).
	*
	* @param {SORTING_ORDER} direction comparison direction "ASC" or "DESC"
	* @param {number} current current log level number representation
	* @param {number} expected threshold value to compare with
	* @returns {boolean}
	*/
	function compareLevel(direction, current, expected) {
		if (direction === SORTING_ORDER.DESC) return current <= expected;
		return current >= expected;
	}
	/**
	* Create a level comparison function based on `levelComparison`
	* it could a default function which compares levels either in "ascending" or "descending" order or custom comparison function
	*
	* @param {SORTING_ORDER | Function} levelComparison sort levels order direction or custom comparison function
	* @returns Function
	*/
	function genLevelComparison(levelComparison) {
		if (typeof levelComparison === "string") return compareLevel.bind(null, levelComparison);
		return levelComparison;
	}
	function mappings(customLevels = null, useOnlyCustomLevels = false) {
		const customNums = customLevels ? Object.keys(customLevels).reduce((o, k) => {
			o[customLevels[k]] = k;
			return o;
		}, {}) : null;
		return {
			labels: Object.assign(Object.create(Object.prototype, { Infinity: { value: "silent" } }), useOnlyCustomLevels ? null : nums, customNums),
			values: Object.assign(Object.create(Object.prototype, { silent: { value: 1e400 } }), useOnlyCustomLevels ? null : DEFAULT_LEVELS, customLevels)
		};
	}
	function assertDefaultLevelFound(defaultLevel, customLevels, useOnlyCustomLevels) {
		if (typeof defaultLevel === "number") {
			if (![].concat(Object.keys(customLevels || {}).map((key) => customLevels[key]), useOnlyCustomLevels ? [] : Object.keys(nums).map((level) => +level), 1e400).includes(defaultLevel)) throw Error(`default level:${defaultLevel} must be included in custom levels`);
			return;
		}
		if (!(defaultLevel in Object.assign(Object.create(Object.prototype, { silent: { value: 1e400 } }), useOnlyCustomLevels ? null : DEFAULT_LEVELS, customLevels))) throw Error(`default level:${defaultLevel} must be included in custom levels`);
	}
	function assertNoLevelCollisions(levels, customLevels) {
		const { labels, values } = levels;
		for (const k in customLevels) {
			if (k in values) throw Error("levels cannot be overridden");
			if (customLevels[k] in labels) throw Error("pre-existing level values cannot be used for new levels");
		}
	}
	/**
	* Validates whether `levelComparison` is correct
	*
	* @throws Error
	* @param {SORTING_ORDER | Function} levelComparison - value to validate
	* @returns
	*/
	function assertLevelComparison(levelComparison) {
		if (typeof levelComparison === "function") return;
		if (typeof levelComparison === "string" && Object.values(SORTING_ORDER).includes(levelComparison)) return;
		throw new Error("Levels comparison should be one of \"ASC\", \"DESC\" or \"function\" type");
	}
	module.exports = {
		initialLsCache,
		genLsCache,
		levelMethods,
		getLevel,
		setLevel,
		isLevelEnabled,
		mappings,
		assertNoLevelCollisions,
		assertDefaultLevelFound,
		genLevelComparison,
		assertLevelComparison
	};
}));
// node_modules/pino/lib/meta.js
var require_meta = /* @__PURE__ */ __commonJSMin(((exports, module) => {
	module.exports = { version: "10.4.0" };
}));
// node_modules/pino/lib/proto.js
var require_proto = /* @__PURE__ */ __commonJSMin(((exports, module) => {
	const { EventEmitter } = __require("node:events");
	const { lsCacheSym, levelValSym, setLevelSym, getLevelSym, chindingsSym, mixinSym, asJsonSym, writeSym, mixinMergeStrategySym, timeSym, timeSliceIndexSym, streamSym, serializersSym, formattersSym, errorKeySym, messageKeySym, useOnlyCustomLevelsSym, needsMetadataGsym, redactFmtSym, stringifySym, formatOptsSym, stringifiersSym, msgPrefixSym, hooksSym } = require_symbols();
	const { getLevel, setLevel, isLevelEnabled, mappings, initialLsCache, genLsCache, assertNoLevelCollisions } = require_levels();
	const { asChindings, asJson, buildFormatters, stringify, noop } = require_tools();
	const { version } = require_meta();
	const redaction = require_redaction();
	const prototype = {
		constructor: class Pino {},
		child,
		bindings,
		setBindings,
		flush,
		isLevelEnabled,
		version,
		get level() {
			return this[getLevelSym]();
		},
		set level(lvl) {
			this[setLevelSym](lvl);
		},
		get levelVal() {
			return this[levelValSym];
		},
		set levelVal(n) {
			throw Error("levelVal is read-only");
		},
		get msgPrefix() {
			return this[msgPrefixSym];
		},
		get [Symbol.toStringTag]() {
			return "Pino";
		},
		[lsCacheSym]: initialLsCache,
		[writeSym]: write,
		[asJsonSym]: asJson,
		[getLevelSym]: getLevel,
		[setLevelSym]: setLevel
	};
	Object.setPrototypeOf(prototype, EventEmitter.prototype);
	module.exports = function() {
		return Object.create(prototype);
	};
	const resetChildingsFormatter = (bindings) => bindings;
	function child(bindings, options) {
		if (!bindings) throw Error("missing bindings for child Pino");
		const serializers = this[serializersSym];
		const formatters = this[formattersSym];
		const instance = Object.create(this);
		if (options == null) {
			if (instance[formattersSym].bindings !== resetChildingsFormatter) instance[formattersSym] = buildFormatters(formatters.level, resetChildingsFormatter, formatters.log);
			instance[chindingsSym] = asChindings(instance, bindings);
			if (this.onChild !== noop) this.onChild(instance);
			return instance;
		}
		if (options.hasOwnProperty("serializers") === true) {
			instance[serializersSym] = Object.create(null);
			for (const k in serializers) instance[serializersSym][k] = serializers[k];
			const parentSymbols = Object.getOwnPropertySymbols(serializers);
			for (var i = 0; i < parentSymbols.length; i++) {
				const ks = parentSymbols[i];
				instance[serializersSym][ks] = serializers[ks];
			}
			for (const bk in options.serializers) instance[serializersSym][bk] = options.serializers[bk];
			const bindingsSymbols = Object.getOwnPropertySymbols(options.serializers);
			for (var bi = 0; bi < bindingsSymbols.length; bi++) {
				const bks = bindingsSymbols[bi];
				instance[serializersSym][bks] = options.serializers[bks];
			}
		} else instance[serializersSym] = serializers;
		if (options.hasOwnProperty("formatters")) {
			const { level, bindings: chindings, log } = options.formatters;
			instance[formattersSym] = buildFormatters(level || formatters.level, chindings || resetChildingsFormatter, log || formatters.log);
		} else instance[formattersSym] = buildFormatters(formatters.level, resetChildingsFormatter, formatters.log);
		if (options.hasOwnProperty("customLevels") === true) {
			assertNoLevelCollisions(this.levels, options.customLevels);
			instance.levels = mappings(options.customLevels, instance[useOnlyCustomLevelsSym]);
			genLsCache(instance);
		}
		if (typeof options.redact === "object" && options.redact !== null || Array.isArray(options.redact)) {
			instance.redact = options.redact;
			const stringifiers = redaction(instance.redact, stringify);
			const formatOpts = { stringify: stringifiers[redactFmtSym] };
			instance[stringifySym] = stringify;
			instance[stringifiersSym] = stringifiers;
			instance[formatOptsSym] = formatOpts;
		}
		if (typeof options.msgPrefix === "string") instance[msgPrefixSym] = (this[msgPrefixSym] || "") + options.msgPrefix;
		instance[chindingsSym] = asChindings(instance, bindings);
		if (options.level !== void 0 && options.level !== this.level || options.hasOwnProperty("customLevels")) {
			const childLevel = options.level || this.level;
			instance[setLevelSym](childLevel);
		}
		this.onChild(instance);
		return instance;
	}
	function bindings() {
		const chindingsJson = `{${this[chindingsSym].substr(1)}}`;
		const bindingsFromJson = JSON.parse(chindingsJson);
		delete bindingsFromJson.pid;
		delete bindingsFromJson.hostname;
		return bindingsFromJson;
	}
	function setBindings(newBindings) {
		const chindings = asChindings(this, newBindings);
		this[chindingsSym] = chindings;
	}
	/**
	* Default strategy for creating `mergeObject` from arguments and the result from `mixin()`.
	* Fields from `mergeObject` have higher priority in this strategy.
	*
	* @param {Object} mergeObject The object a user has supplied to the logging function.
	* @param {Object} mixinObject The result of the `mixin` method.
	* @return {Object}
	*/
	function defaultMixinMergeStrategy(mergeObject, mixinObject) {
		return Object.assign(mixinObject, mergeObject);
	}
	function write(_obj, msg, num) {
		const t = this[timeSym]();
		const mixin = this[mixinSym];
		const errorKey = this[errorKeySym];
		const messageKey = this[messageKeySym];
		const mixinMergeStrategy = this[mixinMergeStrategySym] || defaultMixinMergeStrategy;
		let obj;
		const streamWriteHook = this[hooksSym].streamWrite;
		if (_obj === void 0 || _obj === null) obj = {};
		else if (_obj instanceof Error) {
			obj = { [errorKey]: _obj };
			if (msg === void 0) msg = _obj.message;
		} else {
			obj = _obj;
			if (msg === void 0 && _obj[messageKey] === void 0 && _obj[errorKey]) msg = _obj[errorKey].message;
		}
		if (mixin) obj = mixinMergeStrategy(obj, mixin(obj, num, this));
		const s = this[asJsonSym](obj, msg, num, t);
		const stream = this[streamSym];
		if (stream[needsMetadataGsym] === true) {
			stream.lastLevel = num;
			stream.lastObj = obj;
			stream.lastMsg = msg;
			stream.lastTime = t.slice(this[timeSliceIndexSym]);
			stream.lastLogger = this;
		}
		stream.write(streamWriteHook ? streamWriteHook(s) : s);
	}
	function flush(cb) {
		if (cb != null && typeof cb !== "function") throw Error("callback must be a function");
		const stream = this[streamSym];
		if (typeof stream.flush === "function") stream.flush(cb || noop);
		else if (cb) cb();
	}
}));
// node_modules/safe-stable-stringify/index.js
var require_safe_stable_stringify = /* @__PURE__ */ __commonJSMin(((exports, module) => {
	const { hasOwnProperty } = Object.prototype;
	const stringify = configure();
	stringify.configure = configure;
	stringify.stringify = stringify;
	stringify.default = stringify;
	exports.stringify = stringify;
	exports.configure = configure;
	module.exports = stringify;
	const strEscapeSequencesRegExp = /[\u0000-\u001f\u0022\u005c\ud800-\udfff]/;
	function strEscape(str) {
		if (str.length < 5e3 && !strEscapeSequencesRegExp.test(str)) return `"${str}"`;
		return JSON.stringify(str);
	}
	function sort(array, comparator) {
		if (array.length > 200 || comparator) return array.sort(comparator);
		for (let i = 1; i < array.length; i++) {
			const currentValue = array[i];
			let position = i;
			while (position !== 0 && array[position - 1] > currentValue) {
				array[position] = array[position - 1];
				position--;
			}
			array[position] = currentValue;
		}
		return array;
	}
	const typedArrayPrototypeGetSymbolToStringTag = Object.getOwnPropertyDescriptor(Object.getPrototypeOf(Object.getPrototypeOf(/* @__PURE__ */ new Int8Array())), Symbol.toStringTag).get;
	function isTypedArrayWithEntries(value) {
		return typedArrayPrototypeGetSymbolToStringTag.call(value) !== void 0 && value.length !== 0;
	}
	function stringifyTypedArray(array, separator, maximumBreadth) {
		if (array.length < maximumBreadth) maximumBreadth = array.length;
		const whitespace = separator === "," ? "" : " ";
		let res = `"0":${whitespace}${array[0]}`;
		for (let i = 1; i < maximumBreadth; i++) res += `${separator}"${i}":${whitespace}${array[i]}`;
		return res;
	}
	function getCircularValueOption(options) {
		if (hasOwnProperty.call(options, "circularValue")) {
			const circularValue = options.circularValue;
			if (typeof circularValue === "string") return `"${circularValue}"`;
			if (circularValue == null) return circularValue;
			if (circularValue === Error || circularValue === TypeError) return { toString() {
				throw new TypeError("Converting circular structure to JSON");
			} };
			throw new TypeError("The \"circularValue\" argument must be of type string or the value null or undefined");
		}
		return "\"[Circular]\"";
	}
	function getDeterministicOption(options) {
		let value;
		if (hasOwnProperty.call(options, "deterministic")) {
			value = options.deterministic;
			if (typeof value !== "boolean" && typeof value !== "function") throw new TypeError("The \"deterministic\" argument must be of type boolean or comparator function");
		}
		return value === void 0 ? true : value;
	}
	function getBooleanOption(options, key) {
		let value;
		if (hasOwnProperty.call(options, key)) {
			value = options[key];
			if (typeof value !== "boolean") throw new TypeError(`The "${key}" argument must be of type boolean`);
		}
		return value === void 0 ? true : value;
	}
	function getPositiveIntegerOption(options, key) {
		let value;
		if (hasOwnProperty.call(options, key)) {
			value = options[key];
			if (typeof value !== "number") throw new TypeError(`The "${key}" argument must be of type number`);
			if (!Number.isInteger(value)) throw new TypeError(`The "${key}" argument must be an integer`);
			if (value < 1) throw new RangeError(`The "${key}" argument must be >= 1`);
		}
		return value === void 0 ? 1e400 : value;
	}
	function getItemCount(number) {
		if (number === 1) return "1 item";
		return `${number} items`;
	}
	function getUniqueReplacerSet(replacerArray) {
		const replacerSet = /* @__PURE__ */ new Set();
		for (const value of replacerArray) if (typeof value === "string" || typeof value === "number") replacerSet.add(String(value));
		return replacerSet;
	}
	function getStrictOption(options) {
		if (hasOwnProperty.call(options, "strict")) {
			const value = options.strict;
			if (typeof value !== "boolean") throw new TypeError("The \"strict\" argument must be of type boolean");
			if (value) return (value) => {
				let message = `Object can not safely be stringified. Received type ${typeof value}`;
				if (typeof value !== "function") message += ` (${value.toString()})`;
				throw new Error(message);
			};
		}
	}
	function configure(options) {
		options = { ...options };
		const fail = getStrictOption(options);
		if (fail) {
			if (options.bigint === void 0) options.bigint = false;
			if (!("circularValue" in options)) options.circularValue = Error;
		}
		const circularValue = getCircularValueOption(options);
		const bigint = getBooleanOption(options, "bigint");
		const deterministic = getDeterministicOption(options);
		const comparator = typeof deterministic === "function" ? deterministic : void 0;
		const maximumDepth = getPositiveIntegerOption(options, "maximumDepth");
		const maximumBreadth = getPositiveIntegerOption(options, "maximumBreadth");
		function stringifyFnReplacer(key, parent, stack, replacer, spacer, indentation) {
			let value = parent[key];
			if (typeof value === "object" && value !== null && typeof value.toJSON === "function") value = value.toJSON(key);
			value = replacer.call(parent, key, value);
			switch (typeof value) {
				case "string": return strEscape(value);
				case "object": {
					if (value === null) return "null";
					if (stack.indexOf(value) !== -1) return circularValue;
					let res = "";
					let join = ",";
					const originalIndentation = indentation;
					if (Array.isArray(value)) {
						if (value.length === 0) return "[]";
						if (maximumDepth < stack.length + 1) return "\"[Array]\"";
						stack.push(value);
						if (spacer !== "") {
							indentation += spacer;
							res += `\n${indentation}`;
							join = `,\n${indentation}`;
						}
						const maximumValuesToStringify = Math.min(value.length, maximumBreadth);
						let i = 0;
						for (; i < maximumValuesToStringify - 1; i++) {
							const tmp = stringifyFnReplacer(String(i), value, stack, replacer, spacer, indentation);
							res += tmp !== void 0 ? tmp : "null";
							res += join;
						}
						const tmp = stringifyFnReplacer(String(i), value, stack, replacer, spacer, indentation);
						res += tmp !== void 0 ? tmp : "null";
						if (value.length - 1 > maximumBreadth) {
							const removedKeys = value.length - maximumBreadth - 1;
							res += `${join}"... ${getItemCount(removedKeys)} not stringified"`;
						}
						if (spacer !== "") res += `\n${originalIndentation}`;
						stack.pop();
						return `[${res}]`;
					}
					let keys = Object.keys(value);
					const keyLength = keys.length;
					if (keyLength === 0) return "{}";
					if (maximumDepth < stack.length + 1) return "\"[Object]\"";
					let whitespace = "";
					let separator = "";
					if (spacer !== "") {
						indentation += spacer;
						join = `,\n${indentation}`;
						whitespace = " ";
					}
					const maximumPropertiesToStringify = Math.min(keyLength, maximumBreadth);
					if (deterministic && !isTypedArrayWithEntries(value)) keys = sort(keys, comparator);
					stack.push(value);
					for (let i = 0; i < maximumPropertiesToStringify; i++) {
						const key = keys[i];
						const tmp = stringifyFnReplacer(key, value, stack, replacer, spacer, indentation);
						if (tmp !== void 0) {
							res += `${separator}${strEscape(key)}:${whitespace}${tmp}`;
							separator = join;
						}
					}
					if (keyLength > maximumBreadth) {
						const removedKeys = keyLength - maximumBreadth;
						res += `${separator}"...":${whitespace}"${getItemCount(removedKeys)} not stringified"`;
						separator = join;
					}
					if (spacer !== "" && separator.length > 1) res = `\n${indentation}${res}\n${originalIndentation}`;
					stack.pop();
					return `{${res}}`;
				}
				case "number": return isFinite(value) ? String(value) : fail ? fail(value) : "null";
				case "boolean": return value === true ? "true" : "false";
				case "undefined": return;
				case "bigint": if (bigint) return String(value);
				default: return fail ? fail(value) : void 0;
			}
		}
		function stringifyArrayReplacer(key, value, stack, replacer, spacer, indentation) {
			if (typeof value === "object" && value !== null && typeof value.toJSON === "function") value = value.toJSON(key);
			switch (typeof value) {
				case "string": return strEscape(value);
				case "object": {
					if (value === null) return "null";
					if (stack.indexOf(value) !== -1) return circularValue;
					const originalIndentation = indentation;
					let res = "";
					let join = ",";
					if (Array.isArray(value)) {
						if (value.length === 0) return "[]";
						if (maximumDepth < stack.length + 1) return "\"[Array]\"";
						stack.push(value);
						if (spacer !== "") {
							indentation += spacer;
							res += `\n${indentation}`;
							join = `,\n${indentation}`;
						}
						const maximumValuesToStringify = Math.min(value.length, maximumBreadth);
						let i = 0;
						for (; i < maximumValuesToStringify - 1; i++) {
							const tmp = stringifyArrayReplacer(String(i), value[i], stack, replacer, spacer, indentation);
							res += tmp !== void 0 ? tmp : "null";
							res += join;
						}
						const tmp = stringifyArrayReplacer(String(i), value[i], stack, replacer, spacer, indentation);
						res += tmp !== void 0 ? tmp : "null";
						if (value.length - 1 > maximumBreadth) {
							const removedKeys = value.length - maximumBreadth - 1;
							res += `${join}"... ${getItemCount(removedKeys)} not stringified"`;
						}
						if (spacer !== "") res += `\n${originalIndentation}`;
						stack.pop();
						return `[${res}]`;
					}
					stack.push(value);
					let whitespace = "";
					if (spacer !== "") {
						indentation += spacer;
						join = `,\n${indentation}`;
						whitespace = " ";
					}
					let separator = "";
					for (const key of replacer) {
						const tmp = stringifyArrayReplacer(key, value[key], stack, replacer, spacer, indentation);
						if (tmp !== void 0) {
							res += `${separator}${strEscape(key)}:${whitespace}${tmp}`;
							separator = join;
						}
					}
					if (spacer !== "" && separator.length > 1) res = `\n${indentation}${res}\n${originalIndentation}`;
					stack.pop();
					return `{${res}}`;
				}
				case "number": return isFinite(value) ? String(value) : fail ? fail(value) : "null";
				case "boolean": return value === true ? "true" : "false";
				case "undefined": return;
				case "bigint": if (bigint) return String(value);
				default: return fail ? fail(value) : void 0;
			}
		}
		function stringifyIndent(key, value, stack, spacer, indentation) {
			switch (typeof value) {
				case "string": return strEscape(value);
				case "object": {
					if (value === null) return "null";
					if (typeof value.toJSON === "function") {
						value = value.toJSON(key);
						if (typeof value !== "object") return stringifyIndent(key, value, stack, spacer, indentation);
						if (value === null) return "null";
					}
					if (stack.indexOf(value) !== -1) return circularValue;
					const originalIndentation = indentation;
					if (Array.isArray(value)) {
						if (value.length === 0) return "[]";
						if (maximumDepth < stack.length + 1) return "\"[Array]\"";
						stack.push(value);
						indentation += spacer;
						let res = `\n${indentation}`;
						const join = `,\n${indentation}`;
						const maximumValuesToStringify = Math.min(value.length, maximumBreadth);
						let i = 0;
						for (; i < maximumValuesToStringify - 1; i++) {
							const tmp = stringifyIndent(String(i), value[i], stack, spacer, indentation);
							res += tmp !== void 0 ? tmp : "null";
							res += join;
						}
						const tmp = stringifyIndent(String(i), value[i], stack, spacer, indentation);
						res += tmp !== void 0 ? tmp : "null";
						if (value.length - 1 > maximumBreadth) {
							const removedKeys = value.length - maximumBreadth - 1;
							res += `${join}"... ${getItemCount(removedKeys)} not stringified"`;
						}
						res += `\n${originalIndentation}`;
						stack.pop();
						return `[${res}]`;
					}
					let keys = Object.keys(value);
					const keyLength = keys.length;
					if (keyLength === 0) return "{}";
					if (maximumDepth < stack.length + 1) return "\"[Object]\"";
					indentation += spacer;
					const join = `,\n${indentation}`;
					let res = "";
					let separator = "";
					let maximumPropertiesToStringify = Math.min(keyLength, maximumBreadth);
					if (isTypedArrayWithEntries(value)) {
						res += stringifyTypedArray(value, join, maximumBreadth);
						keys = keys.slice(value.length);
						maximumPropertiesToStringify -= value.length;
						separator = join;
					}
					if (deterministic) keys = sort(keys, comparator);
					stack.push(value);
					for (let i = 0; i < maximumPropertiesToStringify; i++) {
						const key = keys[i];
						const tmp = stringifyIndent(key, value[key], stack, spacer, indentation);
						if (tmp !== void 0) {
							res += `${separator}${strEscape(key)}: ${tmp}`;
							separator = join;
						}
					}
					if (keyLength > maximumBreadth) {
						const removedKeys = keyLength - maximumBreadth;
						res += `${separator}"...": "${getItemCount(removedKeys)} not stringified"`;
						separator = join;
					}
					if (separator !== "") res = `\n${indentation}${res}\n${originalIndentation}`;
					stack.pop();
					return `{${res}}`;
				}
				case "number": return isFinite(value) ? String(value) : fail ? fail(value) : "null";
				case "boolean": return value === true ? "true" : "false";
				case "undefined": return;
				case "bigint": if (bigint) return String(value);
				default: return fail ? fail(value) : void 0;
			}
		}
		function stringifySimple(key, value, stack) {
			switch (typeof value) {
				case "string": return strEscape(value);
				case "object": {
					if (value === null) return "null";
					if (typeof value.toJSON === "function") {
						value = value.toJSON(key);
						if (typeof value !== "object") return stringifySimple(key, value, stack);
						if (value === null) return "null";
					}
					if (stack.indexOf(value) !== -1) return circularValue;
					let res = "";
					const hasLength = value.length !== void 0;
					if (hasLength && Array.isArray(value)) {
						if (value.length === 0) return "[]";
						if (maximumDepth < stack.length + 1) return "\"[Array]\"";
						stack.push(value);
						const maximumValuesToStringify = Math.min(value.length, maximumBreadth);
						let i = 0;
						for (; i < maximumValuesToStringify - 1; i++) {
							const tmp = stringifySimple(String(i), value[i], stack);
							res += tmp !== void 0 ? tmp : "null";
							res += ",";
						}
						const tmp = stringifySimple(String(i), value[i], stack);
						res += tmp !== void 0 ? tmp : "null";
						if (value.length - 1 > maximumBreadth) {
							const removedKeys = value.length - maximumBreadth - 1;
							res += `,"... ${getItemCount(removedKeys)} not stringified"`;
						}
						stack.pop();
						return `[${res}]`;
					}
					let keys = Object.keys(value);
					const keyLength = keys.length;
					if (keyLength === 0) return "{}";
					if (maximumDepth < stack.length + 1) return "\"[Object]\"";
					let separator = "";
					let maximumPropertiesToStringify = Math.min(keyLength, maximumBreadth);
					if (hasLength && isTypedArrayWithEntries(value)) {
						res += stringifyTypedArray(value, ",", maximumBreadth);
						keys = keys.slice(value.length);
						maximumPropertiesToStringify -= value.length;
						separator = ",";
					}
					if (deterministic) keys = sort(keys, comparator);
					stack.push(value);
					for (let i = 0; i < maximumPropertiesToStringify; i++) {
						const key = keys[i];
						const tmp = stringifySimple(key, value[key], stack);
						if (tmp !== void 0) {
							res += `${separator}${strEscape(key)}:${tmp}`;
							separator = ",";
						}
					}
					if (keyLength > maximumBreadth) {
						const removedKeys = keyLength - maximumBreadth;
						res += `${separator}"...":"${getItemCount(removedKeys)} not stringified"`;
					}
					stack.pop();
					return `{${res}}`;
				}
				case "number": return isFinite(value) ? String(value) : fail ? fail(value) : "null";
				case "boolean": return value === true ? "true" : "false";
				case "undefined": return;
				case "bigint": if (bigint) return String(value);
				default: return fail ? fail(value) : void 0;
			}
		}
		function stringify(value, replacer, space) {
			if (arguments.length > 1) {
				let spacer = "";
				if (typeof space === "number") spacer = " ".repeat(Math.min(space, 10));
				else if (typeof space === "string") spacer = space.slice(0, 10);
				if (replacer != null) {
					if (typeof replacer === "function") return stringifyFnReplacer("", { "": value }, [], replacer, spacer, "");
					if (Array.isArray(replacer)) return stringifyArrayReplacer("", value, [], getUniqueReplacerSet(replacer), spacer, "");
				}
				if (spacer.length !== 0) return stringifyIndent("", value, [], spacer, "");
			}
			return stringifySimple("", value, []);
		}
		return stringify;
	}
}));
// node_modules/pino/lib/multistream.js
var require_multistream = /* @__PURE__ */ __commonJSMin(((exports, module) => {
	const metadata = Symbol.for("pino.metadata");
	const { DEFAULT_LEVELS } = require_constants();
	const DEFAULT_INFO_LEVEL = DEFAULT_LEVELS.info;
	function multistream(streamsArray, opts) {
		streamsArray = streamsArray || [];
		opts = opts || { dedupe: false };
		const streamLevels = Object.create(DEFAULT_LEVELS);
		streamLevels.silent = 1e400;
		if (opts.levels && typeof opts.levels === "object") Object.keys(opts.levels).forEach((i) => {
			streamLevels[i] = opts.levels[i];
		});
		const res = {
			write,
			add,
			remove,
			emit,
			flushSync,
			end,
			minLevel: 0,
			lastId: 0,
			streams: [],
			clone,
			[metadata]: true,
			streamLevels
		};
		if (Array.isArray(streamsArray)) streamsArray.forEach(add, res);
		else add.call(res, streamsArray);
		streamsArray = null;
		return res;
		function write(data) {
			let dest;
			const level = typeof this.lastLevel === "string" ? (this.streamLevels || streamLevels)[this.lastLevel] : this.lastLevel;
			const { streams } = this;
			let recordedLevel = 0;
			let stream;
			for (let i = initLoopVar(streams.length, opts.dedupe); checkLoopVar(i, streams.length, opts.dedupe); i = adjustLoopVar(i, opts.dedupe)) {
				dest = streams[i];
				if (dest.level <= level) {
					if (recordedLevel !== 0 && recordedLevel !== dest.level) break;
					stream = dest.stream;
					if (stream[metadata]) {
						const { lastTime, lastMsg, lastObj, lastLogger } = this;
						stream.lastLevel = level;
						stream.lastTime = lastTime;
						stream.lastMsg = lastMsg;
						stream.lastObj = lastObj;
						stream.lastLogger = lastLogger;
					}
					stream.write(data);
					if (opts.dedupe) recordedLevel = dest.level;
				} else if (!opts.dedupe) break;
			}
		}
		function emit(...args) {
			for (const { stream } of this.streams) if (typeof stream.emit === "function") stream.emit(...args);
		}
		function flushSync() {
			for (const { stream } of this.streams) if (typeof stream.flushSync === "function") stream.flushSync();
		}
		function add(dest) {
			if (!dest) return this;
			const isStream = typeof dest.write === "function" || dest.stream;
			const stream_ = dest.write ? dest : dest.stream;
			if (!isStream) throw Error("stream object needs to implement either StreamEntry or DestinationStream interface");
			const { streams, streamLevels } = this;
			let level;
			if (typeof dest.levelVal === "number") level = dest.levelVal;
			else if (typeof dest.level === "string") level = streamLevels[dest.level];
			else if (typeof dest.level === "number") level = dest.level;
			else level = DEFAULT_INFO_LEVEL;
			const dest_ = {
				stream: stream_,
				level,
				levelVal: void 0,
				id: ++res.lastId
			};
			streams.unshift(dest_);
			streams.sort(compareByLevel);
			this.minLevel = streams[0].level;
			return this;
		}
		function remove(id) {
			const { streams } = this;
			const index = streams.findIndex((s) => s.id === id);
			if (index >= 0) {
				streams.splice(index, 1);
				streams.sort(compareByLevel);
				this.minLevel = streams.length > 0 ? streams[0].level : -1;
			}
			return this;
		}
		function end() {
			for (const { stream } of this.streams) {
				if (typeof stream.flushSync === "function") stream.flushSync();
				stream.end();
			}
		}
		function clone(level) {
			const streams = new Array(this.streams.length);
			for (let i = 0; i < streams.length; i++) streams[i] = {
				level,
				stream: this.streams[i].stream
			};
			return {
				write,
				add,
				remove,
				emit,
				flushSync,
				end,
				minLevel: level,
				streams,
				clone,
				[metadata]: true,
				streamLevels
			};
		}
	}
	function compareByLevel(a, b) {
		return a.level - b.level;
	}
	function initLoopVar(length, dedupe) {
		return dedupe ? length - 1 : 0;
	}
	function adjustLoopVar(i, dedupe) {
		return dedupe ? i - 1 : i + 1;
	}
	function checkLoopVar(i, length, dedupe) {
		return dedupe ? i >= 0 : i < length;
	}
	module.exports = multistream;
}));
// node_modules/pino/pino.js
var require_pino = /* @__PURE__ */ __commonJSMin(((exports, module) => {
	const os = __require("node:os");
	const stdSerializers = require_pino_std_serializers();
	const caller = require_caller();
	const redaction = require_redaction();
	const time = require_time();
	const proto = require_proto();
	const symbols = require_symbols();
	const { configure } = require_safe_stable_stringify();
	const { assertDefaultLevelFound, mappings, genLsCache, genLevelComparison, assertLevelComparison } = require_levels();
	const { DEFAULT_LEVELS, SORTING_ORDER } = require_constants();
	const { createArgsNormalizer, asChindings, buildSafeSonicBoom, buildFormatters, stringify, normalizeDestFileDescriptor, noop } = require_tools();
	const { version } = require_meta();
	const { chindingsSym, redactFmtSym, serializersSym, timeSym, timeSliceIndexSym, streamSym, stringifySym, stringifySafeSym, stringifiersSym, setLevelSym, endSym, formatOptsSym, messageKeySym, errorKeySym, nestedKeySym, mixinSym, levelCompSym, useOnlyCustomLevelsSym, formattersSym, hooksSym, nestedKeyStrSym, mixinMergeStrategySym, msgPrefixSym, transportUsesMultistreamSym } = symbols;
	const { epochTime, nullTime } = time;
	const { pid } = process;
	const hostname = os.hostname();
	const defaultErrorSerializer = stdSerializers.err;
	const normalize = createArgsNormalizer({
		level: "info",
		levelComparison: SORTING_ORDER.ASC,
		levels: DEFAULT_LEVELS,
		messageKey: "msg",
		errorKey: "err",
		nestedKey: null,
		enabled: true,
		base: {
			pid,
			hostname
		},
		serializers: Object.assign(Object.create(null), { err: defaultErrorSerializer }),
		formatters: Object.assign(Object.create(null), {
			bindings(bindings) {
				return bindings;
			},
			level(label, number) {
				return { level: number };
			}
		}),
		hooks: {
			logMethod: void 0,
			streamWrite: void 0
		},
		timestamp: epochTime,
		name: void 0,
		redact: null,
		customLevels: null,
		useOnlyCustomLevels: false,
		depthLimit: 5,
		edgeLimit: 100
	});
	const serializers = Object.assign(Object.create(null), stdSerializers);
	function pino(...args) {
		const instance = {};
		const { opts, stream } = normalize(instance, caller(), ...args);
		if (opts.level && typeof opts.level === "string" && DEFAULT_LEVELS[opts.level.toLowerCase()] !== void 0) opts.level = opts.level.toLowerCase();
		const { redact, crlf, serializers, timestamp, messageKey, errorKey, nestedKey, base, name, level, customLevels, levelComparison, mixin, mixinMergeStrategy, useOnlyCustomLevels, formatters, hooks, depthLimit, edgeLimit, onChild, msgPrefix } = opts;
		const stringifySafe = configure({
			maximumDepth: depthLimit,
			maximumBreadth: edgeLimit
		});
		const allFormatters = buildFormatters(formatters.level, formatters.bindings, formatters.log);
		const stringifyFn = stringify.bind({ [stringifySafeSym]: stringifySafe });
		const stringifiers = redact ? Object.assign(Object.create(null), redaction(redact, stringifyFn)) : Object.create(null);
		const formatOpts = redact ? { stringify: stringifiers[redactFmtSym] } : { stringify: stringifyFn };
		const end = "}" + (crlf ? "\r\n" : "\n");
		const coreChindings = asChindings.bind(null, {
			[chindingsSym]: "",
			[serializersSym]: serializers,
			[stringifiersSym]: stringifiers,
			[stringifySym]: stringify,
			[stringifySafeSym]: stringifySafe,
			[formattersSym]: allFormatters
		});
		let chindings = "";
		if (base !== null) {
			if (name === void 0) chindings = coreChindings(base);
			else chindings = coreChindings(Object.assign({}, base, { name }));
		}
		const time = timestamp instanceof Function ? timestamp : timestamp ? epochTime : nullTime;
		const timeSliceIndex = time().indexOf(":") + 1;
		if (useOnlyCustomLevels && !customLevels) throw Error("customLevels is required if useOnlyCustomLevels is set true");
		if (mixin && typeof mixin !== "function") throw Error(`Unknown mixin type "${typeof mixin}" - expected "function"`);
		if (msgPrefix && typeof msgPrefix !== "string") throw Error(`Unknown msgPrefix type "${typeof msgPrefix}" - expected "string"`);
		assertDefaultLevelFound(level, customLevels, useOnlyCustomLevels);
		const levels = mappings(customLevels, useOnlyCustomLevels);
		if (stream && stream[transportUsesMultistreamSym] === true) {
			let sampleLabel = typeof level === "string" ? level : void 0;
			if (!sampleLabel || levels[sampleLabel] === void 0) sampleLabel = Object.keys(levels)[0];
			const sampleNumber = levels[sampleLabel];
			let ok = false;
			try {
				const formatted = formatters.level(sampleLabel, sampleNumber);
				ok = formatted && typeof formatted === "object" && formatted.level === sampleNumber;
			} catch {
				ok = false;
			}
			if (!ok) process.emitWarning("custom formatters.level detected with multiple transport targets/pipelines; ensure logs include a numeric \"level\" field or they may be dropped", { code: "PINO_TRANSPORT_MULTI_TARGETS_LEVEL_FORMATTER" });
		}
		if (typeof stream.emit === "function") stream.emit("message", {
			code: "PINO_CONFIG",
			config: {
				levels,
				messageKey,
				errorKey
			}
		});
		assertLevelComparison(levelComparison);
		const levelCompFunc = genLevelComparison(levelComparison);
		Object.assign(instance, {
			levels,
			[levelCompSym]: levelCompFunc,
			[useOnlyCustomLevelsSym]: useOnlyCustomLevels,
			[streamSym]: stream,
			[timeSym]: time,
			[timeSliceIndexSym]: timeSliceIndex,
			[stringifySym]: stringify,
			[stringifySafeSym]: stringifySafe,
			[stringifiersSym]: stringifiers,
			[endSym]: end,
			[formatOptsSym]: formatOpts,
			[messageKeySym]: messageKey,
			[errorKeySym]: errorKey,
			[nestedKeySym]: nestedKey,
			[nestedKeyStrSym]: nestedKey ? `,${JSON.stringify(nestedKey)}:{` : "",
			[serializersSym]: serializers,
			[mixinSym]: mixin,
			[mixinMergeStrategySym]: mixinMergeStrategy,
			[chindingsSym]: chindings,
			[formattersSym]: allFormatters,
			[hooksSym]: hooks,
			silent: noop,
			onChild,
			[msgPrefixSym]: msgPrefix
		});
		Object.setPrototypeOf(instance, proto());
		genLsCache(instance);
		instance[setLevelSym](level);
		return instance;
	}
	module.exports = pino;
	module.exports.destination = (dest = process.stdout.fd) => {
		if (typeof dest === "object") {
			dest.dest = normalizeDestFileDescriptor(dest.dest || process.stdout.fd);
			return buildSafeSonicBoom(dest);
		} else return buildSafeSonicBoom({
			dest: normalizeDestFileDescriptor(dest),
			minLength: 0
		});
	};
	module.exports.transport = require_transport();
	module.exports.multistream = require_multistream();
	module.exports.levels = mappings();
	module.exports.stdSerializers = serializers;
	module.exports.stdTimeFunctions = Object.assign({}, time);
	module.exports.symbols = symbols;
	module.exports.version = version;
	module.exports.default = pino;
	module.exports.pino = pino;
}));
// node_modules/fast-decode-uri-component/index.js
var require_fast_decode_uri_component = /* @__PURE__ */ __commonJSMin(((exports, module) => {
	var UTF8_ACCEPT = 12;
	var UTF8_REJECT = 0;
	var UTF8_DATA = [
		0,
		0,
		0,
		0,
		0,
		0,
		0,
		0,
		0,
		0,
		0,
		0,
		0,
		0,
		0,
		0,
		0,
		0,
		0,
		0,
		0,
		0,
		0,
		0,
		0,
		0,
		0,
		0,
		0,
		0,
		0,
		0,
		0,
		0,
		0,
		0,
		0,
		0,
		0,
		0,
		0,
		0,
		0,
		0,
		0,
		0,
		0,
		0,
		0,
		0,
		0,
		0,
		0,
		0,
		0,
		0,
		0,
		0,
		0,
		0,
		0,
		0,
		0,
		0,
		0,
		0,
		0,
		0,
		0,
		0,
		0,
		0,
		0,
		0,
		0,
		0,
		0,
		0,
		0,
		0,
		0,
		0,
		0,
		0,
		0,
		0,
		0,
		0,
		0,
		0,
		0,
		0,
		0,
		0,
		0,
		0,
		0,
		0,
		0,
		0,
		0,
		0,
		0,
		0,
		0,
		0,
		0,
		0,
		0,
		0,
		0,
		0,
		0,
		0,
		0,
		0,
		0,
		0,
		0,
		0,
		0,
		0,
		0,
		0,
		0,
		0,
		0,
		0,
		1,
		1,
		1,
		1,
		1,
		1,
		1,
		1,
		1,
		1,
		1,
		1,
		1,
		1,
		1,
		1,
		2,
		2,
		2,
		2,
		2,
		2,
		2,
		2,
		2,
		2,
		2,
		2,
		2,
		2,
		2,
		2,
		3,
		3,
		3,
		3,
		3,
		3,
		3,
		3,
		3,
		3,
		3,
		3,
		3,
		3,
		3,
		3,
		3,
		3,
		3,
		3,
		3,
		3,
		3,
		3,
		3,
		3,
		3,
		3,
		3,
		3,
		3,
		3,
		4,
		4,
		5,
		5,
		5,
		5,
		5,
		5,
		5,
		5,
		5,
		5,
		5,
		5,
		5,
		5,
		5,
		5,
		5,
		5,
		5,
		5,
		5,
		5,
		5,
		5,
		5,
		5,
		5,
		5,
		5,
		5,
		6,
		7,
		7,
		7,
		7,
		7,
		7,
		7,
		7,
		7,
		7,
		7,
		7,
		8,
		7,
		7,
		10,
		9,
		9,
		9,
		11,
		4,
		4,
		4,
		4,
		4,
		4,
		4,
		4,
		4,
		4,
		4,
		0,
		0,
		0,
		0,
		0,
		0,
		0,
		0,
		0,
		0,
		0,
		0,
		12,
		0,
		0,
		0,
		0,
		24,
		36,
		48,
		60,
		72,
		84,
		96,
		0,
		12,
		12,
		12,
		0,
		0,
		0,
		0,
		0,
		0,
		0,
		0,
		0,
		0,
		0,
		24,
		0,
		0,
		0,
		0,
		0,
		0,
		0,
		0,
		0,
		24,
		24,
		24,
		0,
		0,
		0,
		0,
		0,
		0,
		0,
		0,
		0,
		24,
		24,
		0,
		0,
		0,
		0,
		0,
		0,
		0,
		0,
		0,
		0,
		48,
		48,
		48,
		0,
		0,
		0,
		0,
		0,
		0,
		0,
		0,
		0,
		0,
		48,
		48,
		0,
		0,
		0,
		0,
		0,
		0,
		0,
		0,
		0,
		48,
		0,
		0,
		0,
		0,
		0,
		0,
		0,
		0,
		0,
		0,
		127,
		63,
		63,
		63,
		0,
		31,
		15,
		15,
		15,
		7,
		7,
		7
	];
	function decodeURIComponent(uri) {
		var percentPosition = uri.indexOf("%");
		if (percentPosition === -1) return uri;
		var length = uri.length;
		var decoded = "";
		var last = 0;
		var codepoint = 0;
		var startOfOctets = percentPosition;
		var state = UTF8_ACCEPT;
		while (percentPosition > -1 && percentPosition < length) {
			var byte = hexCodeToInt(uri[percentPosition + 1], 4) | hexCodeToInt(uri[percentPosition + 2], 0);
			var type = UTF8_DATA[byte];
			state = UTF8_DATA[256 + state + type];
			codepoint = codepoint << 6 | byte & UTF8_DATA[364 + type];
			if (state === UTF8_ACCEPT) {
				decoded += uri.slice(last, startOfOctets);
				decoded += codepoint <= 65535 ? String.fromCharCode(codepoint) : String.fromCharCode(55232 + (codepoint >> 10), 56320 + (codepoint & 1023));
				codepoint = 0;
				last = percentPosition + 3;
				percentPosition = startOfOctets = uri.indexOf("%", last);
			} else if (state === UTF8_REJECT) return null;
			else {
				percentPosition += 3;
				if (percentPosition < length && uri.charCodeAt(percentPosition) === 37) continue;
				return null;
			}
		}
		return decoded + uri.slice(last);
	}
	var HEX = {
		"0": 0,
		"1": 1,
		"2": 2,
		"3": 3,
		"4": 4,
		"5": 5,
		"6": 6,
		"7": 7,
		"8": 8,
		"9": 9,
		"a": 10,
		"A": 10,
		"b": 11,
		"B": 11,
		"c": 12,
		"C": 12,
		"d": 13,
		"D": 13,
		"e": 14,
		"E": 14,
		"f": 15,
		"F": 15
	};
	function hexCodeToInt(c, shift) {
		var i = HEX[c];
		return i === void 0 ? 255 : i << shift;
	}
	module.exports = decodeURIComponent;
}));
// node_modules/fast-querystring/lib/parse.js
var require_parse = /* @__PURE__ */ __commonJSMin(((exports, module) => {
	const fastDecode = require_fast_decode_uri_component();
	const plusRegex = /\+/g;
	const Empty = function() {};
	Empty.prototype = Object.create(null);
	/**
	* @callback parse
	* @param {string} input
	*/
	function parse(input) {
		const result = new Empty();
		if (typeof input !== "string") return result;
		let inputLength = input.length;
		let key = "";
		let value = "";
		let startingIndex = -1;
		let equalityIndex = -1;
		let shouldDecodeKey = false;
		let shouldDecodeValue = false;
		let keyHasPlus = false;
		let valueHasPlus = false;
		let hasBothKeyValuePair = false;
		let c = 0;
		for (let i = 0; i < inputLength + 1; i++) {
			c = i !== inputLength ? input.charCodeAt(i) : 38;
			if (c === 38) {
				hasBothKeyValuePair = equalityIndex > startingIndex;
				if (!hasBothKeyValuePair) equalityIndex = i;
				key = input.slice(startingIndex + 1, equalityIndex);
				if (hasBothKeyValuePair || key.length > 0) {
					if (keyHasPlus) key = key.replace(plusRegex, " ");
					if (shouldDecodeKey) key = fastDecode(key) || key;
					if (hasBothKeyValuePair) {
						value = input.slice(equalityIndex + 1, i);
						if (valueHasPlus) value = value.replace(plusRegex, " ");
						if (shouldDecodeValue) value = fastDecode(value) || value;
					}
					const currentValue = result[key];
					if (currentValue === void 0) result[key] = value;
					else if (currentValue.pop) currentValue.push(value);
					else result[key] = [currentValue, value];
				}
				value = "";
				startingIndex = i;
				equalityIndex = i;
				shouldDecodeKey = false;
				shouldDecodeValue = false;
				keyHasPlus = false;
				valueHasPlus = false;
			} else if (c === 61) {
				if (equalityIndex <= startingIndex) equalityIndex = i;
				else shouldDecodeValue = true;
			} else if (c === 43) {
				if (equalityIndex > startingIndex) valueHasPlus = true;
				else keyHasPlus = true;
			} else if (c === 37) {
				if (equalityIndex > startingIndex) shouldDecodeValue = true;
				else shouldDecodeKey = true;
			}
		}
		return result;
	}
	module.exports = parse;
}));
// node_modules/fast-querystring/lib/internals/querystring.js
var require_querystring = /* @__PURE__ */ __commonJSMin(((exports, module) => {
	const hexTable = Array.from({ length: 256 }, (_, i) => "%" + ((i < 16 ? "0" : "") + i.toString(16)).toUpperCase());
	const noEscape = new Int8Array([
		0,
		0,
		0,
		0,
		0,
		0,
		0,
		0,
		0,
		0,
		0,
		0,
		0,
		0,
		0,
		0,
		0,
		0,
		0,
		0,
		0,
		0,
		0,
		0,
		0,
		0,
		0,
		0,
		0,
		0,
		0,
		0,
		0,
		1,
		0,
		0,
		0,
		0,
		0,
		1,
		1,
		1,
		1,
		0,
		0,
		1,
		1,
		0,
		1,
		1,
		1,
		1,
		1,
		1,
		1,
		1,
		1,
		1,
		0,
		0,
		0,
		0,
		0,
		0,
		0,
		1,
		1,
		1,
		1,
		1,
		1,
		1,
		1,
		1,
		1,
		1,
		1,
		1,
		1,
		1,
		1,
		1,
		1,
		1,
		1,
		1,
		1,
		1,
		1,
		1,
		1,
		0,
		0,
		0,
		0,
		1,
		0,
		1,
		1,
		1,
		1,
		1,
		1,
		1,
		1,
		1,
		1,
		1,
		1,
		1,
		1,
		1,
		1,
		1,
		1,
		1,
		1,
		1,
		1,
		1,
		1,
		1,
		1,
		0,
		0,
		0,
		1,
		0
	]);
	/**
	* @param {string} str
	* @returns {string}
	*/
	function encodeString(str) {
		const len = str.length;
		if (len === 0) return "";
		let out = "";
		let lastPos = 0;
		let i = 0;
		outer: for (; i < len; i++) {
			let c = str.charCodeAt(i);
			while (c < 128) {
				if (noEscape[c] !== 1) {
					if (lastPos < i) out += str.slice(lastPos, i);
					lastPos = i + 1;
					out += hexTable[c];
				}
				if (++i === len) break outer;
				c = str.charCodeAt(i);
			}
			if (lastPos < i) out += str.slice(lastPos, i);
			if (c < 2048) {
				lastPos = i + 1;
				out += hexTable[192 | c >> 6] + hexTable[128 | c & 63];
				continue;
			}
			if (c < 55296 || c >= 57344) {
				lastPos = i + 1;
				out += hexTable[224 | c >> 12] + hexTable[128 | c >> 6 & 63] + hexTable[128 | c & 63];
				continue;
			}
			++i;
			if (i >= len) throw new Error("URI malformed");
			const c2 = str.charCodeAt(i) & 1023;
			lastPos = i + 1;
			c = 65536 + ((c & 1023) << 10 | c2);
			out += hexTable[240 | c >> 18] + hexTable[128 | c >> 12 & 63] + hexTable[128 | c >> 6 & 63] + hexTable[128 | c & 63];
		}
		if (lastPos === 0) return str;
		if (lastPos < len) return out + str.slice(lastPos);
		return out;
	}
	module.exports = { encodeString };
}));
// node_modules/fast-querystring/lib/stringify.js
var require_stringify = /* @__PURE__ */ __commonJSMin(((exports, module) => {
	const { encodeString } = require_querystring();
	function getAsPrimitive(value) {
		const type = typeof value;
		if (type === "string") return encodeString(value);
		else if (type === "bigint") return value.toString();
		else if (type === "boolean") return value ? "true" : "false";
		else if (type === "number" && Number.isFinite(value)) return value < 1e21 ? "" + value : encodeString("" + value);
		return "";
	}
	/**
	* @param {Record<string, string | number | boolean
	* | ReadonlyArray<string | number | boolean> | null>} input
	* @returns {string}
	*/
	function stringify(input) {
		let result = "";
		if (input === null || typeof input !== "object") return result;
		const separator = "&";
		const keys = Object.keys(input);
		const keyLength = keys.length;
		let valueLength = 0;
		for (let i = 0; i < keyLength; i++) {
			const key = keys[i];
			const value = input[key];
			const encodedKey = encodeString(key) + "=";
			if (i) result += separator;
			if (Array.isArray(value)) {
				valueLength = value.length;
				for (let j = 0; j < valueLength; j++) {
					if (j) result += separator;
					result += encodedKey;
					result += getAsPrimitive(value[j]);
				}
			} else {
				result += encodedKey;
				result += getAsPrimitive(value);
			}
		}
		return result;
	}
	module.exports = stringify;
}));
// node_modules/fast-querystring/lib/index.js
var require_lib = /* @__PURE__ */ __commonJSMin(((exports, module) => {
	const parse = require_parse();
	const stringify = require_stringify();
	const fastQuerystring = {
		parse,
		stringify
	};
	/**
	* Enable TS and JS support
	*
	* - `const qs = require('fast-querystring')`
	* - `import qs from 'fast-querystring'`
	*/
	module.exports = fastQuerystring;
	module.exports.default = fastQuerystring;
	module.exports.parse = parse;
	module.exports.stringify = stringify;
}));
// node_modules/ret/dist/types/tokens.js
var require_tokens = /* @__PURE__ */ __commonJSMin(((exports) => {
	Object.defineProperty(exports, "__esModule", { value: true });
}));
// node_modules/ret/dist/types/types.js
var require_types$1 = /* @__PURE__ */ __commonJSMin(((exports) => {
	Object.defineProperty(exports, "__esModule", { value: true });
	exports.types = void 0;
	var types;
	(function(types) {
		types[types["ROOT"] = 0] = "ROOT";
		types[types["GROUP"] = 1] = "GROUP";
		types[types["POSITION"] = 2] = "POSITION";
		types[types["SET"] = 3] = "SET";
		types[types["RANGE"] = 4] = "RANGE";
		types[types["REPETITION"] = 5] = "REPETITION";
		types[types["REFERENCE"] = 6] = "REFERENCE";
		types[types["CHAR"] = 7] = "CHAR";
	})(types || (exports.types = types = {}));
}));
// node_modules/ret/dist/types/set-lookup.js
var require_set_lookup = /* @__PURE__ */ __commonJSMin(((exports) => {
	Object.defineProperty(exports, "__esModule", { value: true });
}));
// node_modules/ret/dist/types/index.js
var require_types = /* @__PURE__ */ __commonJSMin(((exports, module, this$6) => {
	var __createBinding = this$6 && this$6.__createBinding || (Object.create ? (function(o, m, k, k2) {
		if (k2 === void 0) k2 = k;
		var desc = Object.getOwnPropertyDescriptor(m, k);
		if (!desc || ("get" in desc ? !m.__esModule : desc.writable || desc.configurable)) desc = {
			enumerable: true,
			get: function() {
				return m[k];
			}
		};
		Object.defineProperty(o, k2, desc);
	}) : (function(o, m, k, k2) {
		if (k2 === void 0) k2 = k;
		o[k2] = m[k];
	}));
	var __exportStar = this$6 && this$6.__exportStar || function(m, exports) {
		for (var p in m) if (p !== "default" && !Object.prototype.hasOwnProperty.call(exports, p)) __createBinding(exports, m, p);
	};
	Object.defineProperty(exports, "__esModule", { value: true });
	__exportStar(require_tokens(), exports);
	__exportStar(require_types$1(), exports);
	__exportStar(require_set_lookup(), exports);
}));
// node_modules/ret/dist/sets.js
var require_sets = /* @__PURE__ */ __commonJSMin(((exports) => {
	Object.defineProperty(exports, "__esModule", { value: true });
	exports.anyChar = exports.notWhitespace = exports.whitespace = exports.notInts = exports.ints = exports.notWords = exports.words = void 0;
	const types_1 = require_types();
	const INTS = () => [{
		type: types_1.types.RANGE,
		from: 48,
		to: 57
	}];
	const WORDS = () => [
		{
			type: types_1.types.CHAR,
			value: 95
		},
		{
			type: types_1.types.RANGE,
			from: 97,
			to: 122
		},
		{
			type: types_1.types.RANGE,
			from: 65,
			to: 90
		},
		{
			type: types_1.types.RANGE,
			from: 48,
			to: 57
		}
	];
	const WHITESPACE = () => [
		{
			type: types_1.types.CHAR,
			value: 9
		},
		{
			type: types_1.types.CHAR,
			value: 10
		},
		{
			type: types_1.types.CHAR,
			value: 11
		},
		{
			type: types_1.types.CHAR,
			value: 12
		},
		{
			type: types_1.types.CHAR,
			value: 13
		},
		{
			type: types_1.types.CHAR,
			value: 32
		},
		{
			type: types_1.types.CHAR,
			value: 160
		},
		{
			type: types_1.types.CHAR,
			value: 5760
		},
		{
			type: types_1.types.RANGE,
			from: 8192,
			to: 8202
		},
		{
			type: types_1.types.CHAR,
			value: 8232
		},
		{
			type: types_1.types.CHAR,
			value: 8233
		},
		{
			type: types_1.types.CHAR,
			value: 8239
		},
		{
			type: types_1.types.CHAR,
			value: 8287
		},
		{
			type: types_1.types.CHAR,
			value: 12288
		},
		{
			type: types_1.types.CHAR,
			value: 65279
		}
	];
	const NOTANYCHAR = () => [
		{
			type: types_1.types.CHAR,
			value: 10
		},
		{
			type: types_1.types.CHAR,
			value: 13
		},
		{
			type: types_1.types.CHAR,
			value: 8232
		},
		{
			type: types_1.types.CHAR,
			value: 8233
		}
	];
	const words = () => ({
		type: types_1.types.SET,
		set: WORDS(),
		not: false
	});
	exports.words = words;
	const notWords = () => ({
		type: types_1.types.SET,
		set: WORDS(),
		not: true
	});
	exports.notWords = notWords;
	const ints = () => ({
		type: types_1.types.SET,
		set: INTS(),
		not: false
	});
	exports.ints = ints;
	const notInts = () => ({
		type: types_1.types.SET,
		set: INTS(),
		not: true
	});
	exports.notInts = notInts;
	const whitespace = () => ({
		type: types_1.types.SET,
		set: WHITESPACE(),
		not: false
	});
	exports.whitespace = whitespace;
	const notWhitespace = () => ({
		type: types_1.types.SET,
		set: WHITESPACE(),
		not: true
	});
	exports.notWhitespace = notWhitespace;
	const anyChar = () => ({
		type: types_1.types.SET,
		set: NOTANYCHAR(),
		not: true
	});
	exports.anyChar = anyChar;
}));
// node_modules/ret/dist/util.js
var require_util = /* @__PURE__ */ __commonJSMin(((exports, module, this$5) => {
	var __createBinding = this$5 && this$5.__createBinding || (Object.create ? (function(o, m, k, k2) {
		if (k2 === void 0) k2 = k;
		var desc = Object.getOwnPropertyDescriptor(m, k);
		if (!desc || ("get" in desc ? !m.__esModule : desc.writable || desc.configurable)) desc = {
			enumerable: true,
			get: function() {
				return m[k];
			}
		};
		Object.defineProperty(o, k2, desc);
	}) : (function(o, m, k, k2) {
		if (k2 === void 0) k2 = k;
		o[k2] = m[k];
	}));
	var __setModuleDefault = this$5 && this$5.__setModuleDefault || (Object.create ? (function(o, v) {
		Object.defineProperty(o, "default", {
			enumerable: true,
			value: v
		});
	}) : function(o, v) {
		o["default"] = v;
	});
	var __importStar = this$5 && this$5.__importStar || (function() {
		var ownKeys = function(o) {
			ownKeys = Object.getOwnPropertyNames || function(o) {
				var ar = [];
				for (var k in o) if (Object.prototype.hasOwnProperty.call(o, k)) ar[ar.length] = k;
				return ar;
			};
			return ownKeys(o);
		};
		return function(mod) {
			if (mod && mod.__esModule) return mod;
			var result = {};
			if (mod != null) {
				for (var k = ownKeys(mod), i = 0; i < k.length; i++) if (k[i] !== "default") __createBinding(result, mod, k[i]);
			}
			__setModuleDefault(result, mod);
			return result;
		};
	})();
	Object.defineProperty(exports, "__esModule", { value: true });
	exports.tokenizeClass = exports.strToChars = void 0;
	const types_1 = require_types();
	const sets = __importStar(require_sets());
	const CTRL = "@ABCDEFGHIJKLMNOPQRSTUVWXYZ[\\]^ ?";
	/**
	* Finds character representations in str and convert all to
	* their respective characters.
	*
	* @param {string} str
	* @returns {string}
	*/
	const strToChars = (str) => {
		return str.replace(/(\[\\b\])|(\\)?\\(?:u([A-F0-9]{4})|x([A-F0-9]{2})|c([@A-Z[\\\]^?])|([0tnvfr]))/g, (s, b, lbs, a16, b16, dctrl, eslsh) => {
			if (lbs) return s;
			let code = b ? 8 : a16 ? parseInt(a16, 16) : b16 ? parseInt(b16, 16) : dctrl ? CTRL.indexOf(dctrl) : {
				0: 0,
				t: 9,
				n: 10,
				v: 11,
				f: 12,
				r: 13
			}[eslsh];
			let c = String.fromCharCode(code);
			return /[[\]{}^$.|?*+()]/.test(c) ? `\\${c}` : c;
		});
	};
	exports.strToChars = strToChars;
	/**
	* Turns class into tokens
	* reads str until it encounters a ] not preceeded by a \
	*
	* @param {string} str
	* @param {string} regexpStr
	* @returns {Array.<Array.<Object>, number>}
	*/
	const tokenizeClass = (str, regexpStr = "") => {
		var _a, _b, _c, _d, _e, _f, _g;
		let tokens = [], rs, c;
		const regexp = /\\(?:(w)|(d)|(s)|(W)|(D)|(S))|((?:(?:\\)(.)|([^\]\\]))-(((?:\\)])|(((?:\\)?([^\]])))))|(\])|(?:\\)?([^])/g;
		while ((rs = regexp.exec(str)) !== null) {
			const p = (_g = (_f = (_e = (_d = (_c = (_b = (_a = rs[1] && sets.words()) !== null && _a !== void 0 ? _a : rs[2] && sets.ints()) !== null && _b !== void 0 ? _b : rs[3] && sets.whitespace()) !== null && _c !== void 0 ? _c : rs[4] && sets.notWords()) !== null && _d !== void 0 ? _d : rs[5] && sets.notInts()) !== null && _e !== void 0 ? _e : rs[6] && sets.notWhitespace()) !== null && _f !== void 0 ? _f : rs[7] && {
				type: types_1.types.RANGE,
				from: (rs[8] || rs[9]).charCodeAt(0),
				to: (c = rs[10]).charCodeAt(c.length - 1)
			}) !== null && _g !== void 0 ? _g : (c = rs[16]) && {
				type: types_1.types.CHAR,
				value: c.charCodeAt(0)
			};
			if (p) tokens.push(p);
			else return [tokens, regexp.lastIndex];
		}
		throw new SyntaxError(`Invalid regular expression: /${regexpStr}/: Unterminated character class`);
	};
	exports.tokenizeClass = tokenizeClass;
}));
// node_modules/ret/dist/tokenizer.js
var require_tokenizer = /* @__PURE__ */ __commonJSMin(((exports, module, this$4) => {
	var __createBinding = this$4 && this$4.__createBinding || (Object.create ? (function(o, m, k, k2) {
		if (k2 === void 0) k2 = k;
		var desc = Object.getOwnPropertyDescriptor(m, k);
		if (!desc || ("get" in desc ? !m.__esModule : desc.writable || desc.configurable)) desc = {
			enumerable: true,
			get: function() {
				return m[k];
			}
		};
		Object.defineProperty(o, k2, desc);
	}) : (function(o, m, k, k2) {
		if (k2 === void 0) k2 = k;
		o[k2] = m[k];
	}));
	var __setModuleDefault = this$4 && this$4.__setModuleDefault || (Object.create ? (function(o, v) {
		Object.defineProperty(o, "default", {
			enumerable: true,
			value: v
		});
	}) : function(o, v) {
		o["default"] = v;
	});
	var __importStar = this$4 && this$4.__importStar || (function() {
		var ownKeys = function(o) {
			ownKeys = Object.getOwnPropertyNames || function(o) {
				var ar = [];
				for (var k in o) if (Object.prototype.hasOwnProperty.call(o, k)) ar[ar.length] = k;
				return ar;
			};
			return ownKeys(o);
		};
		return function(mod) {
			if (mod && mod.__esModule) return mod;
			var result = {};
			if (mod != null) {
				for (var k = ownKeys(mod), i = 0; i < k.length; i++) if (k[i] !== "default") __createBinding(result, mod, k[i]);
			}
			__setModuleDefault(result, mod);
			return result;
		};
	})();
	Object.defineProperty(exports, "__esModule", { value: true });
	exports.tokenizer = void 0;
	const util = __importStar(require_util());
	const types_1 = require_types();
	const sets = __importStar(require_sets());
	/**
	* Valid opening characters for capture group names.
	*/
	const captureGroupFirstChar = /^[a-zA-Z_$]$/i;
	/**
	* Valid characters for capture group names.
	*/
	const captureGroupChars = /^[a-zA-Z0-9_$]$/i;
	const digit = /\d/;
	/**
	* Tokenizes a regular expression (that is currently a string)
	* @param {string} regexpStr String of regular expression to be tokenized
	*
	* @returns {Root}
	*/
	const tokenizer = (regexpStr) => {
		let i = 0, c;
		let start = {
			type: types_1.types.ROOT,
			stack: []
		};
		let lastGroup = start;
		let last = start.stack;
		let groupStack = [];
		let referenceQueue = [];
		let groupCount = 0;
		const repeatErr = (col) => {
			throw new SyntaxError(`Invalid regular expression: /${regexpStr}/: Nothing to repeat at column ${col - 1}`);
		};
		let str = util.strToChars(regexpStr);
		while (i < str.length) switch (c = str[i++]) {
			case "\\":
				if (i === str.length) throw new SyntaxError(`Invalid regular expression: /${regexpStr}/: \\ at end of pattern`);
				switch (c = str[i++]) {
					case "b":
						last.push({
							type: types_1.types.POSITION,
							value: "b"
						});
						break;
					case "B":
						last.push({
							type: types_1.types.POSITION,
							value: "B"
						});
						break;
					case "w":
						last.push(sets.words());
						break;
					case "W":
						last.push(sets.notWords());
						break;
					case "d":
						last.push(sets.ints());
						break;
					case "D":
						last.push(sets.notInts());
						break;
					case "s":
						last.push(sets.whitespace());
						break;
					case "S":
						last.push(sets.notWhitespace());
						break;
					default: if (digit.test(c)) {
						let digits = c;
						while (i < str.length && digit.test(str[i])) digits += str[i++];
						let value = parseInt(digits, 10);
						const reference = {
							type: types_1.types.REFERENCE,
							value
						};
						last.push(reference);
						referenceQueue.push({
							reference,
							stack: last,
							index: last.length - 1
						});
					} else last.push({
						type: types_1.types.CHAR,
						value: c.charCodeAt(0)
					});
				}
				break;
			case "^":
				last.push({
					type: types_1.types.POSITION,
					value: "^"
				});
				break;
			case "$":
				last.push({
					type: types_1.types.POSITION,
					value: "$"
				});
				break;
			case "[": {
				let not;
				if (str[i] === "^") {
					not = true;
					i++;
				} else not = false;
				let classTokens = util.tokenizeClass(str.slice(i), regexpStr);
				i += classTokens[1];
				last.push({
					type: types_1.types.SET,
					set: classTokens[0],
					not
				});
				break;
			}
			case ".":
				last.push(sets.anyChar());
				break;
			case "(": {
				let group = {
					type: types_1.types.GROUP,
					stack: [],
					remember: true
				};
				if (str[i] === "?") {
					c = str[i + 1];
					i += 2;
					if (c === "=") {
						group.followedBy = true;
						group.remember = false;
					} else if (c === "!") {
						group.notFollowedBy = true;
						group.remember = false;
					} else if (c === "<") {
						let name = "";
						if (captureGroupFirstChar.test(str[i])) {
							name += str[i];
							i++;
						} else throw new SyntaxError(`Invalid regular expression: /${regexpStr}/: Invalid capture group name, character '${str[i]}' after '<' at column ${i + 1}`);
						while (i < str.length && captureGroupChars.test(str[i])) {
							name += str[i];
							i++;
						}
						if (str[i] !== ">") throw new SyntaxError(`Invalid regular expression: /${regexpStr}/: Unclosed capture group name, expected '>', found '${str[i]}' at column ${i + 1}`);
						group.name = name;
						i++;
					} else if (c === ":") group.remember = false;
					else throw new SyntaxError(`Invalid regular expression: /${regexpStr}/: Invalid group, character '${c}' after '?' at column ${i - 1}`);
				} else groupCount += 1;
				last.push(group);
				groupStack.push(lastGroup);
				lastGroup = group;
				last = group.stack;
				break;
			}
			case ")":
				if (groupStack.length === 0) throw new SyntaxError(`Invalid regular expression: /${regexpStr}/: Unmatched ) at column ${i - 1}`);
				lastGroup = groupStack.pop();
				last = lastGroup.options ? lastGroup.options[lastGroup.options.length - 1] : lastGroup.stack;
				break;
			case "|": {
				if (!lastGroup.options) {
					lastGroup.options = [lastGroup.stack];
					delete lastGroup.stack;
				}
				let stack = [];
				lastGroup.options.push(stack);
				last = stack;
				break;
			}
			case "{": {
				let rs = /^(\d+)(,(\d+)?)?\}/.exec(str.slice(i)), min, max;
				if (rs !== null) {
					if (last.length === 0) repeatErr(i);
					min = parseInt(rs[1], 10);
					max = rs[2] ? rs[3] ? parseInt(rs[3], 10) : 1e400 : min;
					i += rs[0].length;
					last.push({
						type: types_1.types.REPETITION,
						min,
						max,
						value: last.pop()
					});
				} else last.push({
					type: types_1.types.CHAR,
					value: 123
				});
				break;
			}
			case "?":
				if (last.length === 0) repeatErr(i);
				last.push({
					type: types_1.types.REPETITION,
					min: 0,
					max: 1,
					value: last.pop()
				});
				break;
			case "+":
				if (last.length === 0) repeatErr(i);
				last.push({
					type: types_1.types.REPETITION,
					min: 1,
					max: 1e400,
					value: last.pop()
				});
				break;
			case "*":
				if (last.length === 0) repeatErr(i);
				last.push({
					type: types_1.types.REPETITION,
					min: 0,
					max: 1e400,
					value: last.pop()
				});
				break;
			default: last.push({
				type: types_1.types.CHAR,
				value: c.charCodeAt(0)
			});
		}
		if (groupStack.length !== 0) throw new SyntaxError(`Invalid regular expression: /${regexpStr}/: Unterminated group`);
		updateReferences(referenceQueue, groupCount);
		return start;
	};
	exports.tokenizer = tokenizer;
	/**
	* This is a side effecting function that changes references to chars
	* if there are not enough capturing groups to reference
	* See: https://github.com/fent/ret.js/pull/39#issuecomment-1006475703
	* See: https://github.com/fent/ret.js/issues/38
	* @param {(Reference | Char)[]} referenceQueue
	* @param {number} groupCount
	* @returns {void}
	*/
	function updateReferences(referenceQueue, groupCount) {
		for (const elem of referenceQueue.reverse()) if (groupCount < elem.reference.value) {
			elem.reference.type = types_1.types.CHAR;
			const valueString = elem.reference.value.toString();
			elem.reference.value = parseInt(valueString, 8);
			if (!/^[0-7]+$/.test(valueString)) {
				let i = 0;
				while (valueString[i] !== "8" && valueString[i] !== "9") i += 1;
				if (i === 0) {
					elem.reference.value = valueString.charCodeAt(0);
					i += 1;
				} else elem.reference.value = parseInt(valueString.slice(0, i), 8);
				if (valueString.length > i) {
					const tail = elem.stack.splice(elem.index + 1);
					for (const char of valueString.slice(i)) elem.stack.push({
						type: types_1.types.CHAR,
						value: char.charCodeAt(0)
					});
					elem.stack.push(...tail);
				}
			}
		}
	}
}));
// node_modules/ret/dist/sets-lookup.js
var require_sets_lookup = /* @__PURE__ */ __commonJSMin(((exports, module, this$3) => {
	var __createBinding = this$3 && this$3.__createBinding || (Object.create ? (function(o, m, k, k2) {
		if (k2 === void 0) k2 = k;
		var desc = Object.getOwnPropertyDescriptor(m, k);
		if (!desc || ("get" in desc ? !m.__esModule : desc.writable || desc.configurable)) desc = {
			enumerable: true,
			get: function() {
				return m[k];
			}
		};
		Object.defineProperty(o, k2, desc);
	}) : (function(o, m, k, k2) {
		if (k2 === void 0) k2 = k;
		o[k2] = m[k];
	}));
	var __setModuleDefault = this$3 && this$3.__setModuleDefault || (Object.create ? (function(o, v) {
		Object.defineProperty(o, "default", {
			enumerable: true,
			value: v
		});
	}) : function(o, v) {
		o["default"] = v;
	});
	var __importStar = this$3 && this$3.__importStar || (function() {
		var ownKeys = function(o) {
			ownKeys = Object.getOwnPropertyNames || function(o) {
				var ar = [];
				for (var k in o) if (Object.prototype.hasOwnProperty.call(o, k)) ar[ar.length] = k;
				return ar;
			};
			return ownKeys(o);
		};
		return function(mod) {
			if (mod && mod.__esModule) return mod;
			var result = {};
			if (mod != null) {
				for (var k = ownKeys(mod), i = 0; i < k.length; i++) if (k[i] !== "default") __createBinding(result, mod, k[i]);
			}
			__setModuleDefault(result, mod);
			return result;
		};
	})();
	Object.defineProperty(exports, "__esModule", { value: true });
	exports.NOTANYCHAR = exports.WHITESPACE = exports.WORDS = exports.INTS = void 0;
	const Sets = __importStar(require_sets());
	const types_1 = require_types();
	function setToLookup(tokens) {
		let lookup = {};
		let len = 0;
		for (const token of tokens) {
			if (token.type === types_1.types.CHAR) lookup[token.value] = true;
			if (token.type === types_1.types.RANGE) lookup[`${token.from}-${token.to}`] = true;
			len += 1;
		}
		return {
			lookup: () => Object.assign({}, lookup),
			len
		};
	}
	exports.INTS = setToLookup(Sets.ints().set);
	exports.WORDS = setToLookup(Sets.words().set);
	exports.WHITESPACE = setToLookup(Sets.whitespace().set);
	exports.NOTANYCHAR = setToLookup(Sets.anyChar().set);
}));
// node_modules/ret/dist/write-set-tokens.js
var require_write_set_tokens = /* @__PURE__ */ __commonJSMin(((exports, module, this$2) => {
	var __createBinding = this$2 && this$2.__createBinding || (Object.create ? (function(o, m, k, k2) {
		if (k2 === void 0) k2 = k;
		var desc = Object.getOwnPropertyDescriptor(m, k);
		if (!desc || ("get" in desc ? !m.__esModule : desc.writable || desc.configurable)) desc = {
			enumerable: true,
			get: function() {
				return m[k];
			}
		};
		Object.defineProperty(o, k2, desc);
	}) : (function(o, m, k, k2) {
		if (k2 === void 0) k2 = k;
		o[k2] = m[k];
	}));
	var __setModuleDefault = this$2 && this$2.__setModuleDefault || (Object.create ? (function(o, v) {
		Object.defineProperty(o, "default", {
			enumerable: true,
			value: v
		});
	}) : function(o, v) {
		o["default"] = v;
	});
	var __importStar = this$2 && this$2.__importStar || (function() {
		var ownKeys = function(o) {
			ownKeys = Object.getOwnPropertyNames || function(o) {
				var ar = [];
				for (var k in o) if (Object.prototype.hasOwnProperty.call(o, k)) ar[ar.length] = k;
				return ar;
			};
			return ownKeys(o);
		};
		return function(mod) {
			if (mod && mod.__esModule) return mod;
			var result = {};
			if (mod != null) {
				for (var k = ownKeys(mod), i = 0; i < k.length; i++) if (k[i] !== "default") __createBinding(result, mod, k[i]);
			}
			__setModuleDefault(result, mod);
			return result;
		};
	})();
	Object.defineProperty(exports, "__esModule", { value: true });
	exports.setChar = setChar;
	exports.writeSetTokens = writeSetTokens;
	const types_1 = require_types();
	const sets = __importStar(require_sets_lookup());
	/**
	* Takes character code and returns character to be displayed in a set
	* @param {number} charCode Character code of set element
	* @returns {string} The string for the sets character
	*/
	function setChar(charCode) {
		return charCode === 94 ? "\\^" : charCode === 92 ? "\\\\" : charCode === 93 ? "\\]" : charCode === 45 ? "\\-" : String.fromCharCode(charCode);
	}
	/**
	* Test if a character set matches a 'set-lookup'
	* @param {SetTokens} set The set to be tested
	* @param {SetLookup} param The predefined 'set-lookup' & the number of elements in the lookup
	* @returns {boolean} True if the character set corresponds to the 'set-lookup'
	*/
	function isSameSet(set, { lookup, len }) {
		if (len !== set.length) return false;
		const map = lookup();
		for (const elem of set) {
			if (elem.type === types_1.types.SET) return false;
			const key = elem.type === types_1.types.CHAR ? elem.value : `${elem.from}-${elem.to}`;
			if (map[key]) map[key] = false;
			else return false;
		}
		return true;
	}
	/**
	* Writes the tokens for a set
	* @param {Set} set The set to display
	* @param {boolean} isNested Whether the token is nested inside another set token
	* @returns {string} The tokens for the set
	*/
	function writeSetTokens(set, isNested = false) {
		if (isSameSet(set.set, sets.INTS)) return set.not ? "\\D" : "\\d";
		if (isSameSet(set.set, sets.WORDS)) return set.not ? "\\W" : "\\w";
		if (set.not && isSameSet(set.set, sets.NOTANYCHAR)) return ".";
		if (isSameSet(set.set, sets.WHITESPACE)) return set.not ? "\\S" : "\\s";
		let tokenString = "";
		for (let i = 0; i < set.set.length; i++) {
			const subset = set.set[i];
			tokenString += writeSetToken(subset);
		}
		const contents = `${set.not ? "^" : ""}${tokenString}`;
		return isNested ? contents : `[${contents}]`;
	}
	/**
	* Writes a token within a set
	* @param {Range | Char | Set} set The set token to display
	* @returns {string} The token as a string
	*/
	function writeSetToken(set) {
		if (set.type === types_1.types.CHAR) return setChar(set.value);
		else if (set.type === types_1.types.RANGE) return `${setChar(set.from)}-${setChar(set.to)}`;
		return writeSetTokens(set, true);
	}
}));
// node_modules/ret/dist/reconstruct.js
var require_reconstruct = /* @__PURE__ */ __commonJSMin(((exports) => {
	Object.defineProperty(exports, "__esModule", { value: true });
	exports.reconstruct = void 0;
	const types_1 = require_types();
	const write_set_tokens_1 = require_write_set_tokens();
	const reduceStack = (stack) => stack.map(exports.reconstruct).join("");
	const createAlternate = (token) => {
		if ("options" in token) return token.options.map(reduceStack).join("|");
		else if ("stack" in token) return reduceStack(token.stack);
		else throw new Error(`options or stack must be Root or Group token`);
	};
	const reconstruct = (token) => {
		switch (token.type) {
			case types_1.types.ROOT: return createAlternate(token);
			case types_1.types.CHAR: {
				const c = String.fromCharCode(token.value);
				return (/[[\\{}$^.|?*+()]/.test(c) ? "\\" : "") + c;
			}
			case types_1.types.POSITION: if (token.value === "^" || token.value === "$") return token.value;
			else return `\\${token.value}`;
			case types_1.types.REFERENCE: return `\\${token.value}`;
			case types_1.types.SET: return (0, write_set_tokens_1.writeSetTokens)(token);
			case types_1.types.GROUP: return `(${token.name ? `?<${token.name}>` : token.remember ? "" : token.followedBy ? "?=" : token.notFollowedBy ? "?!" : "?:"}${createAlternate(token)})`;
			case types_1.types.REPETITION: {
				const { min, max } = token;
				let endWith;
				if (min === 0 && max === 1) endWith = "?";
				else if (min === 1 && max === 1e400) endWith = "+";
				else if (min === 0 && max === 1e400) endWith = "*";
				else if (max === 1e400) endWith = `{${min},}`;
				else if (min === max) endWith = `{${min}}`;
				else endWith = `{${min},${max}}`;
				return `${(0, exports.reconstruct)(token.value)}${endWith}`;
			}
			case types_1.types.RANGE: return `${(0, write_set_tokens_1.setChar)(token.from)}-${(0, write_set_tokens_1.setChar)(token.to)}`;
			default: throw new Error(`Invalid token type ${token}`);
		}
	};
	exports.reconstruct = reconstruct;
}));
// node_modules/ret/dist/index.js
var require_dist = /* @__PURE__ */ __commonJSMin(((exports, module, this$1) => {
	var __createBinding = this$1 && this$1.__createBinding || (Object.create ? (function(o, m, k, k2) {
		if (k2 === void 0) k2 = k;
		var desc = Object.getOwnPropertyDescriptor(m, k);
		if (!desc || ("get" in desc ? !m.__esModule : desc.writable || desc.configurable)) desc = {
			enumerable: true,
			get: function() {
				return m[k];
			}
		};
		Object.defineProperty(o, k2, desc);
	}) : (function(o, m, k, k2) {
		if (k2 === void 0) k2 = k;
		o[k2] = m[k];
	}));
	var __exportStar = this$1 && this$1.__exportStar || function(m, exports) {
		for (var p in m) if (p !== "default" && !Object.prototype.hasOwnProperty.call(exports, p)) __createBinding(exports, m, p);
	};
	Object.defineProperty(exports, "__esModule", { value: true });
	exports.types = void 0;
	/* istanbul ignore file */
	const types_1 = require_types();
	Object.defineProperty(exports, "types", {
		enumerable: true,
		get: function() {
			return types_1.types;
		}
	});
	__exportStar(require_tokenizer(), exports);
	__exportStar(require_reconstruct(), exports);
	const tokenizer_1 = require_tokenizer();
	const reconstruct_1 = require_reconstruct();
	__exportStar(require_types(), exports);
	exports.default = tokenizer_1.tokenizer;
	module.exports = tokenizer_1.tokenizer;
	module.exports.types = types_1.types;
	module.exports.reconstruct = reconstruct_1.reconstruct;
}));
// node_modules/safe-regex2/index.js
var require_safe_regex2 = /* @__PURE__ */ __commonJSMin(((exports, module) => {
	const parse = require_dist();
	const { types } = require_dist();
	/**
	* @param {*} node
	* @param {object} opts
	* @param {number} opts.reps - The number of repetitions encountered
	* @param {number} opts.limit - The maximum number of repetitions allowed
	* @param {number} starHeight - The current height of the star in the regex tree
	* @returns {boolean}
	*/
	function walk(node, opts, starHeight) {
		let i;
		let ok;
		let len;
		if (node.type === types.REPETITION) {
			starHeight++;
			opts.reps++;
			if (starHeight > 1) return false;
			if (opts.reps > opts.limit) return false;
		}
		const options = node.options || node.value?.options;
		if (options) for (i = 0, len = options.length; i < len; i++) {
			ok = walk({ stack: options[i] }, opts, starHeight);
			if (!ok) return false;
		}
		const stack = node.stack || node.value?.stack;
		if (!stack) return true;
		for (i = 0, len = stack.length; i < len; i++) {
			ok = walk(stack[i], opts, starHeight);
			if (!ok) return false;
		}
		return true;
	}
	/**
	* @param {string|RegExp} re - The regular expression to check, can be a string or RegExp object
	* @param {object} [options]
	* @param {number} [options.limit=25] - The maximum number of repetitions allowed
	* @returns {boolean} - Returns true if the regex is safe, false if it is unsafe or invalid
	*/
	function safeRegex(re, options) {
		const opts = {
			reps: 0,
			limit: options?.limit ?? 25
		};
		if (isRegExp(re)) re = re.source;
		else if (typeof re !== "string") re = String(re);
		try {
			return walk(parse(re), opts, 0);
		} catch {
			return false;
		}
	}
	/**
	* @param {*} x
	* @returns {x is RegExp}
	*/
	function isRegExp(x) {
		return Object.prototype.toString.call(x) === "[object RegExp]";
	}
	module.exports = safeRegex;
	module.exports.default = safeRegex;
	module.exports.safeRegex = safeRegex;
}));
// node_modules/fast-deep-equal/index.js
var require_fast_deep_equal = /* @__PURE__ */ __commonJSMin(((exports, module) => {
	module.exports = function equal(a, b) {
		if (a === b) return true;
		if (a && b && typeof a == "object" && typeof b == "object") {
			if (a.constructor !== b.constructor) return false;
			var length, i, keys;
			if (Array.isArray(a)) {
				length = a.length;
				if (length != b.length) return false;
				for (i = length; i-- !== 0;) if (!equal(a[i], b[i])) return false;
				return true;
			}
			if (a.constructor === RegExp) return a.source === b.source && a.flags === b.flags;
			if (a.valueOf !== Object.prototype.valueOf) return a.valueOf() === b.valueOf();
			if (a.toString !== Object.prototype.toString) return a.toString() === b.toString();
			keys = Object.keys(a);
			length = keys.length;
			if (length !== Object.keys(b).length) return false;
			for (i = length; i-- !== 0;) if (!Object.prototype.hasOwnProperty.call(b, keys[i])) return false;
			for (i = length; i-- !== 0;) {
				var key = keys[i];
				if (!equal(a[key], b[key])) return false;
			}
			return true;
		}
		return a !== a && b !== b;
	};
}));
// node_modules/find-my-way/lib/strategies/http-method.js
var require_http_method = /* @__PURE__ */ __commonJSMin(((exports, module) => {
	module.exports = {
		name: "__fmw_internal_strategy_merged_tree_http_method__",
		storage: function() {
			const handlers = /* @__PURE__ */ new Map();
			return {
				get: (type) => {
					return handlers.get(type) || null;
				},
				set: (type, store) => {
					handlers.set(type, store);
				}
			};
		},
		/* c8 ignore next 1 */
		deriveConstraint: (req) => req.method,
		mustMatchWhenDerived: true
	};
}));
// node_modules/find-my-way/lib/pretty-print.js
var require_pretty_print = /* @__PURE__ */ __commonJSMin(((exports, module) => {
	const deepEqual = require_fast_deep_equal();
	const httpMethodStrategy = require_http_method();
	const treeDataSymbol = Symbol("treeData");
	function printObjectTree(obj, parentPrefix = "") {
		let tree = "";
		const keys = Object.keys(obj);
		for (let i = 0; i < keys.length; i++) {
			const key = keys[i];
			const value = obj[key];
			const isLast = i === keys.length - 1;
			const nodePrefix = isLast ? "└── " : "├── ";
			const childPrefix = isLast ? "    " : "│   ";
			const prefixedNodeData = (value[treeDataSymbol] || "").replaceAll("\n", "\n" + parentPrefix + childPrefix);
			tree += parentPrefix + nodePrefix + key + prefixedNodeData + "\n";
			tree += printObjectTree(value, parentPrefix + childPrefix);
		}
		return tree;
	}
	function parseFunctionName(fn) {
		let fName = fn.name || "";
		fName = fName.replace("bound", "").trim();
		fName = (fName || "anonymous") + "()";
		return fName;
	}
	function parseMeta(meta) {
		if (Array.isArray(meta)) return meta.map((m) => parseMeta(m));
		if (typeof meta === "symbol") return meta.toString();
		if (typeof meta === "function") return parseFunctionName(meta);
		if (meta instanceof RegExp) return meta.toString();
		return meta;
	}
	function getRouteMetaData(route, options) {
		if (!options.includeMeta) return {};
		const metaDataObject = options.buildPrettyMeta(route);
		const filteredMetaData = {};
		let includeMetaKeys = options.includeMeta;
		if (!Array.isArray(includeMetaKeys)) includeMetaKeys = Reflect.ownKeys(metaDataObject);
		for (const metaKey of includeMetaKeys) {
			if (!Object.prototype.hasOwnProperty.call(metaDataObject, metaKey)) continue;
			const serializedKey = metaKey.toString();
			const metaValue = metaDataObject[metaKey];
			if (metaValue !== void 0 && metaValue !== null) filteredMetaData[serializedKey] = JSON.stringify(parseMeta(metaValue));
		}
		return filteredMetaData;
	}
	function serializeMetaData(metaData) {
		let serializedMetaData = "";
		for (const [key, value] of Object.entries(metaData)) serializedMetaData += `\n• (${key}) ${value}`;
		return serializedMetaData;
	}
	function normalizeRoute(route) {
		const constraints = { ...route.opts.constraints };
		const method = constraints[httpMethodStrategy.name];
		delete constraints[httpMethodStrategy.name];
		return {
			...route,
			method,
			opts: { constraints }
		};
	}
	function serializeConstraints(constraints) {
		return JSON.stringify(constraints, (_key, value) => {
			if (value instanceof RegExp) return value.toString();
			return value;
		});
	}
	function serializeRoute(route) {
		let serializedRoute = ` (${route.method})`;
		const constraints = route.opts.constraints || {};
		if (Object.keys(constraints).length !== 0) serializedRoute += " " + serializeConstraints(constraints);
		serializedRoute += serializeMetaData(route.metaData);
		return serializedRoute;
	}
	function mergeSimilarRoutes(routes) {
		return routes.reduce((mergedRoutes, route) => {
			for (const nodeRoute of mergedRoutes) if (deepEqual(route.opts.constraints, nodeRoute.opts.constraints) && deepEqual(route.metaData, nodeRoute.metaData)) {
				nodeRoute.method += ", " + route.method;
				return mergedRoutes;
			}
			mergedRoutes.push(route);
			return mergedRoutes;
		}, []);
	}
	function serializeNode(node, prefix, options) {
		let routes = node.routes;
		if (options.method === void 0) routes = routes.map(normalizeRoute);
		routes = routes.map((route) => {
			route.metaData = getRouteMetaData(route, options);
			return route;
		});
		if (options.method === void 0) routes = mergeSimilarRoutes(routes);
		return routes.map(serializeRoute).join(`\n${prefix}`);
	}
	function buildObjectTree(node, tree, prefix, options) {
		if (node.isLeafNode || options.commonPrefix !== false) {
			prefix = prefix || "(empty root node)";
			tree = tree[prefix] = {};
			if (node.isLeafNode) tree[treeDataSymbol] = serializeNode(node, prefix, options);
			prefix = "";
		}
		if (node.staticChildrenNodes) for (const child of node.staticChildrenNodes) buildObjectTree(child, tree, prefix + child.prefix, options);
		if (node.parametricChildren) for (const child of Object.values(node.parametricChildren)) {
			const childPrefix = Array.from(child.nodePaths).join("|");
			buildObjectTree(child, tree, prefix + childPrefix, options);
		}
		if (node.wildcardChild) buildObjectTree(node.wildcardChild, tree, "*", options);
	}
	function prettyPrintTree(root, options) {
		const objectTree = {};
		buildObjectTree(root, objectTree, root.prefix, options);
		return printObjectTree(objectTree);
	}
	module.exports = { prettyPrintTree };
}));
// node_modules/find-my-way/lib/null-object.js
var require_null_object = /* @__PURE__ */ __commonJSMin(((exports, module) => {
	const NullObject = function() {};
	NullObject.prototype = Object.create(null);
	module.exports = { NullObject };
}));
// node_modules/find-my-way/lib/handler-storage.js
var require_handler_storage = /* @__PURE__ */ __commonJSMin(((exports, module) => {
	const { NullObject } = require_null_object();
	const httpMethodStrategy = require_http_method();
	var HandlerStorage = class {
		constructor() {
			this.unconstrainedHandler = null;
			this.constraints = [];
			this.handlers = [];
			this.constrainedHandlerStores = null;
		}
		getMatchingHandler(derivedConstraints) {
			if (derivedConstraints === void 0) return this.unconstrainedHandler;
			return this._getHandlerMatchingConstraints(derivedConstraints);
		}
		addHandler(constrainer, route) {
			const params = route.params;
			const constraints = route.opts.constraints || {};
			const handlerObject = {
				params,
				constraints,
				handler: route.handler,
				store: route.store || null,
				_createParamsObject: this._compileCreateParamsObject(params)
			};
			const constraintsNames = Object.keys(constraints);
			if (constraintsNames.length === 0) this.unconstrainedHandler = handlerObject;
			for (const constraint of constraintsNames) if (!this.constraints.includes(constraint)) {
				if (constraint === "version") this.constraints.unshift(constraint);
				else this.constraints.push(constraint);
			}
			const isMergedTree = constraintsNames.includes(httpMethodStrategy.name);
			if (!isMergedTree && this.handlers.length >= 31) throw new Error("find-my-way supports a maximum of 31 route handlers per node when there are constraints, limit reached");
			this.handlers.push(handlerObject);
			this.handlers.sort((a, b) => Object.keys(a.constraints).length - Object.keys(b.constraints).length);
			if (!isMergedTree) this._compileGetHandlerMatchingConstraints(constrainer, constraints);
		}
		_compileCreateParamsObject(params) {
			const fnBody = ["'use strict'"];
			fnBody.push("const fn = function _createParamsObject (param0, param1, param2, param3, extraParams) {");
			fnBody.push("const params = new NullObject()");
			for (let i = 0; i < params.length; i++) {
				const value = i < 4 ? `param${i}` : `extraParams[${i - 4}]`;
				fnBody.push(`params[${JSON.stringify(params[i])}] = ${value}`);
			}
			fnBody.push("return params");
			fnBody.push("}");
			fnBody.push("return fn");
			return new Function("NullObject", fnBody.join("\n"))(NullObject);
		}
		_getHandlerMatchingConstraints() {
			return null;
		}
		_buildConstraintStore(store, constraint) {
			for (let i = 0; i < this.handlers.length; i++) {
				const constraintValue = this.handlers[i].constraints[constraint];
				if (constraintValue !== void 0) {
					let indexes = store.get(constraintValue) || 0;
					indexes |= 1 << i;
					store.set(constraintValue, indexes);
				}
			}
		}
		_constrainedIndexBitmask(constraint) {
			let mask = 0;
			for (let i = 0; i < this.handlers.length; i++) if (this.handlers[i].constraints[constraint] !== void 0) mask |= 1 << i;
			return ~mask;
		}
		_compileGetHandlerMatchingConstraints(constrainer) {
			this.constrainedHandlerStores = {};
			for (const constraint of this.constraints) {
				const store = constrainer.newStoreForConstraint(constraint);
				this.constrainedHandlerStores[constraint] = store;
				this._buildConstraintStore(store, constraint);
			}
			const lines = ["'use strict'"];
			lines.push(`
    let candidates = ${(1 << this.handlers.length) - 1}
    let mask, matches, value
    `);
			for (const constraint of this.constraints) {
				lines.push(`
      mask = ${this._constrainedIndexBitmask(constraint)}
      value = derivedConstraints.${constraint}
      `);
				const matchMask = constrainer.strategies[constraint].mustMatchWhenDerived ? "matches" : "(matches | mask)";
				lines.push(`
      if (value === undefined) {
        candidates &= mask
      } else {
        matches = this.constrainedHandlerStores.${constraint}.get(value) || 0
        candidates &= ${matchMask}
      }
      if (candidates === 0) return null;
      `);
			}
			for (const constraint in constrainer.strategies) {
				if (!Object.hasOwn(constrainer.strategies, constraint)) continue;
				if (constrainer.strategies[constraint].mustMatchWhenDerived && !this.constraints.includes(constraint)) lines.push(`if (derivedConstraints.${constraint} !== undefined) return null`);
			}
			lines.push("return this.handlers[31 - Math.clz32(candidates)]");
			this._getHandlerMatchingConstraints = new Function("derivedConstraints", lines.join("\n"));
		}
	};
	module.exports = HandlerStorage;
}));
// node_modules/find-my-way/lib/node.js
var require_node = /* @__PURE__ */ __commonJSMin(((exports, module) => {
	const HandlerStorage = require_handler_storage();
	const NODE_TYPES = {
		STATIC: 0,
		PARAMETRIC: 1,
		WILDCARD: 2
	};
	const LONG_PREFIX_MIN_LENGTH = 16;
	function matchSingleCharPrefix() {
		return true;
	}
	function compilePrefixMatch(prefix) {
		if (prefix.length === 1) return matchSingleCharPrefix;
		if (prefix.length >= LONG_PREFIX_MIN_LENGTH) return function matchLongPrefix(path, i) {
			return path.indexOf(prefix, i) === i;
		};
		const lines = [];
		for (let i = 1; i < prefix.length; i++) {
			const charCode = prefix.charCodeAt(i);
			lines.push(`path.charCodeAt(i + ${i}) === ${charCode}`);
		}
		return new Function("path", "i", `'use strict'\nreturn ${lines.join(" && ")}`);
	}
	var Node = class {
		constructor(kind, prefix, regex, staticSuffix, nodePath) {
			this.kind = kind;
			this.prefix = prefix;
			this.isLeafNode = false;
			this.routes = null;
			this.handlerStorage = null;
			this.staticChildrenCharCodes = [];
			this.staticChildrenNodes = [];
			this.parametricChildren = [];
			this.wildcardChild = null;
			this.matchPrefix = kind === NODE_TYPES.STATIC ? compilePrefixMatch(prefix) : null;
			this.isRegex = regex != null;
			this.regex = regex || null;
			this.staticSuffix = staticSuffix || null;
			this.nodePaths = kind === NODE_TYPES.PARAMETRIC ? /* @__PURE__ */ new Set([nodePath]) : null;
			this.regexParamCount = 0;
			this.regexStaticLength = 0;
		}
		addRoute(route, constrainer) {
			if (this.routes === null) this.routes = [];
			if (this.handlerStorage === null) this.handlerStorage = new HandlerStorage();
			this.isLeafNode = true;
			this.routes.push(route);
			this.handlerStorage.addHandler(constrainer, route);
		}
		setStaticChild(label, node) {
			const charCode = label.charCodeAt(0);
			const index = this.staticChildrenCharCodes.indexOf(charCode);
			if (index === -1) {
				this.staticChildrenCharCodes.push(charCode);
				this.staticChildrenNodes.push(node);
			} else this.staticChildrenNodes[index] = node;
		}
		findStaticMatchingChild(path, pathIndex) {
			const charCode = path.charCodeAt(pathIndex);
			const charCodes = this.staticChildrenCharCodes;
			for (let i = 0; i < charCodes.length; i++) if (charCodes[i] === charCode) {
				const staticChild = this.staticChildrenNodes[i];
				if (staticChild.matchPrefix(path, pathIndex)) return staticChild;
				return null;
			}
			return null;
		}
		getStaticChild(path, pathIndex = 0) {
			if (path.length === pathIndex) return this;
			const staticChild = this.findStaticMatchingChild(path, pathIndex);
			if (staticChild) return staticChild.getStaticChild(path, pathIndex + staticChild.prefix.length);
			return null;
		}
		createStaticChild(path) {
			if (path.length === 0) return this;
			const childIndex = this.staticChildrenCharCodes.indexOf(path.charCodeAt(0));
			let staticChild = childIndex === -1 ? void 0 : this.staticChildrenNodes[childIndex];
			if (staticChild) {
				let i = 1;
				for (; i < staticChild.prefix.length; i++) if (path.charCodeAt(i) !== staticChild.prefix.charCodeAt(i)) {
					staticChild = staticChild.split(this, i);
					break;
				}
				return staticChild.createStaticChild(path.slice(i));
			}
			const node = createStaticNode(path);
			this.setStaticChild(path.charAt(0), node);
			return node;
		}
		getParametricChild(regex) {
			const regexpSource = regex && regex.source;
			const parametricChild = this.parametricChildren.find((child) => {
				return (child.regex && child.regex.source) === regexpSource;
			});
			if (parametricChild) return parametricChild;
			return null;
		}
		createParametricChild(regex, staticSuffix, nodePath, regexParamCount, regexStaticLength) {
			let parametricChild = this.getParametricChild(regex);
			if (parametricChild) {
				parametricChild.nodePaths.add(nodePath);
				parametricChild.regexParamCount = Math.max(parametricChild.regexParamCount, regexParamCount);
				parametricChild.regexStaticLength = Math.max(parametricChild.regexStaticLength, regexStaticLength);
				return parametricChild;
			}
			parametricChild = createParametricNode(regex, staticSuffix, nodePath);
			parametricChild.regexParamCount = regexParamCount;
			parametricChild.regexStaticLength = regexStaticLength;
			this.parametricChildren.push(parametricChild);
			this.parametricChildren.sort((child1, child2) => {
				if (!child1.isRegex) return 1;
				if (!child2.isRegex) return -1;
				if (child1.staticSuffix === null) return 1;
				if (child2.staticSuffix === null) return -1;
				if (child2.staticSuffix.endsWith(child1.staticSuffix)) return 1;
				if (child1.staticSuffix.endsWith(child2.staticSuffix)) return -1;
				return 0;
			});
			return parametricChild;
		}
		getWildcardChild() {
			return this.wildcardChild;
		}
		createWildcardChild() {
			this.wildcardChild = this.getWildcardChild() || createWildcardNode();
			return this.wildcardChild;
		}
		getNextNode(path, pathIndex, nodeStack, paramsCount) {
			let node = this.findStaticMatchingChild(path, pathIndex);
			let parametricBrotherNodeIndex = 0;
			if (node === null) {
				if (this.parametricChildren.length === 0) return this.wildcardChild;
				node = this.parametricChildren[0];
				parametricBrotherNodeIndex = 1;
			}
			if (this.wildcardChild !== null) nodeStack.push(this.wildcardChild, pathIndex, paramsCount);
			for (let i = this.parametricChildren.length - 1; i >= parametricBrotherNodeIndex; i--) nodeStack.push(this.parametricChildren[i], pathIndex, paramsCount);
			return node;
		}
		split(parentNode, length) {
			const parentPrefix = this.prefix.slice(0, length);
			const childPrefix = this.prefix.slice(length);
			this.prefix = childPrefix;
			this.matchPrefix = compilePrefixMatch(childPrefix);
			const staticNode = createStaticNode(parentPrefix);
			staticNode.setStaticChild(childPrefix.charAt(0), this);
			parentNode.setStaticChild(parentPrefix.charAt(0), staticNode);
			return staticNode;
		}
	};
	function createStaticNode(prefix) {
		return new Node(NODE_TYPES.STATIC, prefix, null, null, null);
	}
	function createParametricNode(regex, staticSuffix, nodePath) {
		return new Node(NODE_TYPES.PARAMETRIC, "", regex, staticSuffix, nodePath);
	}
	function createWildcardNode() {
		return new Node(NODE_TYPES.WILDCARD, "", null, null, null);
	}
	module.exports = {
		Node,
		createStaticNode,
		createParametricNode,
		createWildcardNode,
		NODE_TYPES
	};
}));
// node_modules/find-my-way/lib/url-sanitizer.js
var require_url_sanitizer = /* @__PURE__ */ __commonJSMin(((exports, module) => {
	const DECODE_COMPONENT_TABLE = /* @__PURE__ */ new Uint8Array(768);
	for (const [encoded, char] of [
		["%23", "#"],
		["%24", "$"],
		["%25", "%"],
		["%26", "&"],
		["%2B", "+"],
		["%2b", "+"],
		["%2C", ","],
		["%2c", ","],
		["%2F", "/"],
		["%2f", "/"],
		["%3A", ":"],
		["%3a", ":"],
		["%3B", ";"],
		["%3b", ";"],
		["%3D", "="],
		["%3d", "="],
		["%3F", "?"],
		["%3f", "?"],
		["%40", "@"]
	]) DECODE_COMPONENT_TABLE[encoded.charCodeAt(1) - 50 << 8 | encoded.charCodeAt(2)] = char.charCodeAt(0);
	function decodeComponentCharCode(highCharCode, lowCharCode) {
		if (highCharCode < 50 || highCharCode > 52 || lowCharCode > 255) return 0;
		return DECODE_COMPONENT_TABLE[highCharCode - 50 << 8 | lowCharCode];
	}
	function decodeComponentChar(highCharCode, lowCharCode) {
		const charCode = decodeComponentCharCode(highCharCode, lowCharCode);
		if (charCode === 0) return null;
		return String.fromCharCode(charCode);
	}
	const MIN_NATIVE_SCAN_LENGTH = 12;
	/**
	* Safely decodes a URI path, preserving reserved characters in querystring.
	*
	* @param {string} path - The full request path, possibly including querystring.
	* @param {boolean} [useSemicolonDelimiter] - When true, also treat `;` as a query delimiter.
	* @returns {{ path: string, querystring: string, shouldDecodeParam: boolean }}
	* An object containing the decoded path, the raw querystring, and a flag indicating
	* whether any path parameters contain percent-encoded reserved characters.
	*/
	function safeDecodeURI(path, useSemicolonDelimiter) {
		if (path.length >= MIN_NATIVE_SCAN_LENGTH) return safeDecodeURINativeScan(path, useSemicolonDelimiter);
		return safeDecodeURICharScan(path, useSemicolonDelimiter, 1);
	}
	function safeDecodeURINativeScan(path, useSemicolonDelimiter) {
		const percentIndex = path.indexOf("%", 1);
		let delimIndex = path.indexOf("?", 1);
		const hashIndex = path.indexOf("#", 1);
		if (hashIndex !== -1 && (delimIndex === -1 || hashIndex < delimIndex)) delimIndex = hashIndex;
		if (useSemicolonDelimiter) {
			const semicolonIndex = path.indexOf(";", 1);
			if (semicolonIndex !== -1 && (delimIndex === -1 || semicolonIndex < delimIndex)) delimIndex = semicolonIndex;
		}
		if (percentIndex === -1 || delimIndex !== -1 && percentIndex > delimIndex) {
			if (delimIndex === -1) return {
				path,
				querystring: "",
				shouldDecodeParam: false
			};
			return {
				path: path.slice(0, delimIndex),
				querystring: path.slice(delimIndex + 1),
				shouldDecodeParam: false
			};
		}
		return safeDecodeURIPercentScan(path, useSemicolonDelimiter, percentIndex);
	}
	function safeDecodeURICharScan(path, useSemicolonDelimiter, startIndex) {
		for (let i = startIndex; i < path.length; i++) {
			const charCode = path.charCodeAt(i);
			if (charCode === 37) return safeDecodeURIPercentScan(path, useSemicolonDelimiter, i);
			else if (charCode === 63 || charCode === 35 || charCode === 59 && useSemicolonDelimiter) return {
				path: path.slice(0, i),
				querystring: path.slice(i + 1),
				shouldDecodeParam: false
			};
		}
		return {
			path,
			querystring: "",
			shouldDecodeParam: false
		};
	}
	function safeDecodeURIPercentScan(path, useSemicolonDelimiter, startIndex) {
		let shouldDecode = false;
		let shouldDecodeParam = false;
		let querystring = "";
		let percentIndexes = null;
		let pathEnd = -1;
		for (let i = startIndex; i < path.length; i++) {
			const charCode = path.charCodeAt(i);
			if (charCode === 37) {
				const componentCharCode = decodeComponentCharCode(path.charCodeAt(i + 1), path.charCodeAt(i + 2));
				if (componentCharCode === 0) shouldDecode = true;
				else {
					shouldDecodeParam = true;
					if (componentCharCode === 37) {
						shouldDecode = true;
						if (percentIndexes === null) percentIndexes = [];
						percentIndexes.push(i);
					}
					i += 2;
				}
			} else if (charCode === 63 || charCode === 35 || charCode === 59 && useSemicolonDelimiter) {
				querystring = path.slice(i + 1);
				pathEnd = i;
				break;
			}
		}
		let decodedPath;
		if (percentIndexes === null) decodedPath = pathEnd === -1 ? path : path.slice(0, pathEnd);
		else {
			const parts = [];
			let last = 0;
			for (const index of percentIndexes) {
				parts.push(path.slice(last, index), "%2525");
				last = index + 3;
			}
			parts.push(path.slice(last, pathEnd === -1 ? path.length : pathEnd));
			decodedPath = parts.join("");
		}
		if (shouldDecode) decodedPath = decodeURI(decodedPath);
		return {
			path: decodedPath,
			querystring,
			shouldDecodeParam
		};
	}
	function safeDecodeURIComponent(uriComponent) {
		const startIndex = uriComponent.indexOf("%");
		if (startIndex === -1) return uriComponent;
		let decoded = "";
		let lastIndex = startIndex;
		for (let i = startIndex; i < uriComponent.length; i++) if (uriComponent.charCodeAt(i) === 37) {
			const decodedChar = decodeComponentChar(uriComponent.charCodeAt(i + 1), uriComponent.charCodeAt(i + 2));
			decoded += uriComponent.slice(lastIndex, i) + decodedChar;
			lastIndex = i + 3;
		}
		return uriComponent.slice(0, startIndex) + decoded + uriComponent.slice(lastIndex);
	}
	module.exports = {
		safeDecodeURI,
		safeDecodeURIComponent,
		safeDecodeURINativeScan,
		safeDecodeURICharScan,
		MIN_NATIVE_SCAN_LENGTH
	};
}));
// node_modules/find-my-way/lib/compiler.js
var require_compiler = /* @__PURE__ */ __commonJSMin(((exports, module) => {
	const { NODE_TYPES } = require_node();
	const { NullObject } = require_null_object();
	const { safeDecodeURIComponent } = require_url_sanitizer();
	const LONG_PREFIX_MIN_LENGTH = 16;
	const SCAN_LOOP_MAX_LENGTH = 12;
	const SPLIT_LINES = 250;
	const FUNCTION_LINES = 400;
	const FLAG = Symbol("find-my-way.compiled.flag");
	const NO_MATCH = Symbol("find-my-way.compiled.no-match");
	const POSITION_PLACEHOLDER = "POS";
	const RETRY_PLACEHOLDER = "RETRY";
	const POSITION_PATTERN = new RegExp(`${POSITION_PLACEHOLDER}(?: \\+ (\\d+))?`, "g");
	const SUM_PATTERN = /^(\S+) \+ (\d+)$/;
	function substitutePosition(line, position) {
		return line.replace(POSITION_PATTERN, (match, offset) => {
			if (offset === void 0) return position;
			const sum = SUM_PATTERN.exec(position);
			if (sum !== null) return `${sum[1]} + ${Number(sum[2]) + Number(offset)}`;
			if (/^\d+$/.test(position)) return String(Number(position) + Number(offset));
			return `${position} + ${offset}`;
		});
	}
	var TreeCompiler = class {
		constructor(router, raw, target = "find") {
			this.router = router;
			this.raw = raw;
			this.lookup = target === "lookup";
			this.constNames = [];
			this.constValues = [];
			this.functions = [];
			this.lines = [];
			this.indent = 1;
			this.maxParams = 0;
			this.uid = 0;
			this.tracksMaxParamLength = router.onMaxParamLength !== null;
			this.useSemicolonDelimiter = router.useSemicolonDelimiter;
			this.routerConst = this.addConst(router, "router");
		}
		addConst(value, hint) {
			const name = `${hint}_${this.constNames.length}`;
			this.constNames.push(name);
			this.constValues.push(value);
			return name;
		}
		emit(line) {
			this.lines.push("  ".repeat(this.indent) + line);
		}
		compile(root, slow) {
			if (this.raw) this.indent = 2;
			this.emitNodeBody(root, null, root.prefix.length, 0, root.prefix);
			if (this.raw) {
				if (this.tracksMaxParamLength) this.emit("if (maxParamLengthExceeded) break raw");
				this.emit(`if (path.indexOf('%', 1) === -1) return ${this.lookup ? `${this.routerConst}._defaultRoute(req, res, ctx)` : "null"}`);
			} else {
				if (this.tracksMaxParamLength) this.emit(`if (maxParamLengthExceeded) return ${this.routerConst}._onMaxParamLength(originPath)`);
				this.emit("return null");
			}
			const source = ["'use strict'"];
			for (const fn of this.functions) {
				source.push(`function ${fn.name} (${this.subtreeArguments(fn.paramsCount, "i")}) {`);
				source.push(`  let ${this.paramLocals(fn.paramsCount)}`);
				if (this.raw) source.push("  let c");
				if (this.tracksMaxParamLength) source.push("  let maxParamLengthExceeded = false");
				source.push(...fn.lines);
				if (this.tracksMaxParamLength) source.push("  return maxParamLengthExceeded ? FLAG : NO_MATCH");
				else source.push("  return NO_MATCH");
				source.push("}");
			}
			if (this.raw) {
				const delimiters = this.delimiterCharCodes();
				source.push(this.scanFunction("scanSegment", [47].concat(delimiters), false), this.scanFunction("scanRest", delimiters, true), this.lookup ? "return function compiledLookup (path, derivedConstraints, req, res, ctx) {" : "return function compiledFind (path, derivedConstraints) {", "  raw: {", "    if (path.charCodeAt(0) !== 47) break raw", "    const pathLen = path.length", "    let c", `    let ${this.paramLocals(0)}`);
				if (this.tracksMaxParamLength) source.push("    let maxParamLengthExceeded = false");
				source.push(...this.lines.map((line) => line.replaceAll(RETRY_PLACEHOLDER, "break raw")), "  }", this.lookup ? `  return ${this.routerConst}.callHandler(slow(path, derivedConstraints), req, res, ctx)` : "  return slow(path, derivedConstraints)", "}");
			} else {
				source.push("return function compiledFindSanitized (path, originPath, shouldDecodeParam, derivedConstraints, querystring) {", "  const pathLen = path.length", `  let ${this.paramLocals(0)}`);
				if (this.tracksMaxParamLength) source.push("  let maxParamLengthExceeded = false");
				source.push(...this.lines, "}");
			}
			const code = source.join("\n");
			const fn = new Function("NullObject", "decodeParam", "slow", "FLAG", "NO_MATCH", ...this.constNames, code)(NullObject, safeDecodeURIComponent, slow, FLAG, NO_MATCH, ...this.constValues);
			fn.source = code;
			return fn;
		}
		paramLocals(from) {
			const locals = [];
			for (let i = from; i < Math.max(this.maxParams, 4); i++) locals.push(`p${i}`);
			return locals.length === 0 ? "unused" : locals.join(", ");
		}
		subtreeArguments(paramsCount, position) {
			const args = this.raw ? [
				"path",
				"pathLen",
				position,
				"derivedConstraints"
			] : [
				"path",
				"originPath",
				"pathLen",
				"shouldDecodeParam",
				"derivedConstraints",
				"querystring",
				position
			];
			if (this.lookup) args.push("req", "res", "ctx");
			for (let i = 0; i < paramsCount; i++) args.push(`p${i}`);
			return args.join(", ");
		}
		delimiterCharCodes() {
			const delimiters = [63, 35];
			if (this.useSemicolonDelimiter) delimiters.push(59);
			return delimiters;
		}
		scanFunction(name, stops, knowsLength) {
			const checks = stops.concat(37).map((code) => `c === ${code}`).join(" || ");
			const lines = [
				`const ${name}Regex = /[${stops.concat(37).map((code) => "\\x" + code.toString(16).padStart(2, "0")).join("")}]/g`,
				`function ${name}Long (path, i, len) {`,
				`  ${name}Regex.lastIndex = i`,
				`  if (!${name}Regex.test(path)) return len`,
				`  i = ${name}Regex.lastIndex - 1`,
				"  return path.charCodeAt(i) === 37 ? -1 : i",
				"}",
				`function ${name} (path, i, len) {`
			];
			if (knowsLength) {
				lines.push(`  if (len - i > ${SCAN_LOOP_MAX_LENGTH}) return ${name}Long(path, i, len)`);
				lines.push("  for (; i < len; i++) {");
			} else {
				lines.push(`  const limit = len - i > ${SCAN_LOOP_MAX_LENGTH} ? i + ${SCAN_LOOP_MAX_LENGTH} : len`);
				lines.push("  for (; i < limit; i++) {");
			}
			lines.push("    const c = path.charCodeAt(i)", `    if (${checks}) return c === 37 ? -1 : i`, "  }");
			if (knowsLength) lines.push("  return len");
			else lines.push(`  return i === len ? len : ${name}Long(path, i, len)`);
			lines.push("}");
			return lines.join("\n");
		}
		position(base, offset) {
			if (base === null) return String(offset);
			if (offset === 0) return base;
			return `${base} + ${offset}`;
		}
		retry() {
			return RETRY_PLACEHOLDER;
		}
		endCondition(pos) {
			if (!this.raw) return `pathLen === ${pos}`;
			const delimiters = this.delimiterCharCodes();
			const checks = [`pathLen === ${pos}`, `(c = path.charCodeAt(${pos})) === ${delimiters[0]}`];
			for (let i = 1; i < delimiters.length; i++) checks.push(`c === ${delimiters[i]}`);
			return checks.join(" || ");
		}
		querystringExpression(pos) {
			if (!this.raw) return "querystring";
			return `pathLen === ${pos} ? '' : path.slice(${pos} + 1)`;
		}
		emitNodeBody(node, base, offset, paramsCount, staticPath) {
			if (node.isLeafNode) {
				const pos = this.position(base, offset);
				if (node.kind === NODE_TYPES.WILDCARD && !this.raw) this.emitLeaf(node, paramsCount, pos);
				else {
					this.emit(`if (${this.endCondition(pos)}) {`);
					this.indent++;
					this.emitLeaf(node, paramsCount, pos);
					this.indent--;
					this.emit("}");
				}
			}
			this.emitStaticChildren(node, base, offset, paramsCount, staticPath);
			this.emitParametricChildren(node, base, offset, paramsCount);
			this.emitWildcardChild(node, base, offset, paramsCount);
		}
		emitSubtree(node, base, offset, paramsCount, staticPath) {
			const outerLines = this.lines;
			const outerIndent = this.indent;
			this.lines = [];
			this.indent = 0;
			this.emitNodeBody(node, POSITION_PLACEHOLDER, 0, paramsCount, staticPath);
			const bodyLines = this.lines;
			this.lines = outerLines;
			this.indent = outerIndent;
			if (bodyLines.length <= SPLIT_LINES && this.lines.length + bodyLines.length <= FUNCTION_LINES) {
				const position = this.position(base, offset);
				const prefix = "  ".repeat(this.indent);
				for (const line of bodyLines) this.lines.push(prefix + substitutePosition(line, position));
				return;
			}
			const name = `subtree_${this.functions.length}`;
			this.functions.push({
				name,
				paramsCount,
				lines: bodyLines.map((line) => "  " + substitutePosition(line, "i").replaceAll(RETRY_PLACEHOLDER, "return FLAG"))
			});
			const result = `r${this.uid++}`;
			this.emit(`const ${result} = ${name}(${this.subtreeArguments(paramsCount, this.position(base, offset))})`);
			this.emit(`if (${result} !== NO_MATCH) {`);
			this.emit(`  if (${result} !== FLAG) return ${result}`);
			if (this.raw) this.emit(`  ${this.retry()}`);
			else if (this.tracksMaxParamLength) this.emit("  maxParamLengthExceeded = true");
			this.emit("}");
		}
		emitLeaf(node, paramsCount, pos) {
			const storage = node.handlerStorage;
			const storageConst = this.addConst(storage, "handlers");
			const handle = `h${this.uid++}`;
			this.emit(`const ${handle} = ${storageConst}.getMatchingHandler(derivedConstraints)`);
			this.emit(`if (${handle} !== null) {`);
			this.indent++;
			let paramsExpr;
			if (storage.handlers.length === 1) {
				const params = storage.handlers[0].params;
				this.maxParams = Math.max(this.maxParams, paramsCount, params.length);
				const paramsObject = `o${this.uid++}`;
				this.emit(`const ${paramsObject} = new NullObject()`);
				for (let i = 0; i < params.length; i++) this.emit(`${paramsObject}[${JSON.stringify(params[i])}] = p${i}`);
				paramsExpr = paramsObject;
			} else {
				this.maxParams = Math.max(this.maxParams, paramsCount);
				const extra = [];
				for (let i = 4; i < paramsCount; i++) extra.push(`p${i}`);
				paramsExpr = `${handle}._createParamsObject(p0, p1, p2, p3, ${extra.length === 0 ? "null" : `[${extra.join(", ")}]`})`;
			}
			const searchParams = `${this.routerConst}.querystringParser(${this.querystringExpression(pos)})`;
			if (this.lookup) {
				this.emit(`const q${this.uid} = ${searchParams}`);
				this.emit("return ctx === undefined");
				this.emit(`  ? ${handle}.handler(req, res, ${paramsExpr}, ${handle}.store, q${this.uid})`);
				this.emit(`  : ${handle}.handler.call(ctx, req, res, ${paramsExpr}, ${handle}.store, q${this.uid})`);
				this.uid++;
			} else {
				this.emit("return {");
				this.emit(`  handler: ${handle}.handler,`);
				this.emit(`  store: ${handle}.store,`);
				this.emit(`  params: ${paramsExpr},`);
				this.emit(`  searchParams: ${searchParams}`);
				this.emit("}");
			}
			this.indent--;
			this.emit("}");
		}
		prefixCondition(child, base, offset, skipFirstChar) {
			const prefix = child.prefix;
			if (prefix.length >= LONG_PREFIX_MIN_LENGTH) {
				const pos = this.position(base, offset);
				return `path.indexOf(${JSON.stringify(prefix)}, ${pos}) === ${pos}`;
			}
			const checks = [];
			for (let i = skipFirstChar ? 1 : 0; i < prefix.length; i++) checks.push(`path.charCodeAt(${this.position(base, offset + i)}) === ${prefix.charCodeAt(i)}`);
			return checks.length === 0 ? null : checks.join(" && ");
		}
		emitStaticChildren(node, base, offset, paramsCount, staticPath) {
			const children = node.staticChildrenNodes;
			if (children.length === 0) return;
			if (children.length === 1) {
				this.emitStaticChild(children[0], base, offset, paramsCount, staticPath, false);
				return;
			}
			this.emit(`switch (path.charCodeAt(${this.position(base, offset)})) {`);
			this.indent++;
			for (let i = 0; i < children.length; i++) {
				this.emit(`case ${node.staticChildrenCharCodes[i]}: {`);
				this.indent++;
				this.emitStaticChild(children[i], base, offset, paramsCount, staticPath, true);
				this.emit("break");
				this.indent--;
				this.emit("}");
			}
			this.indent--;
			this.emit("}");
		}
		emitStaticChild(child, base, offset, paramsCount, staticPath, skipFirstChar) {
			const childStaticPath = staticPath === null ? null : staticPath + child.prefix;
			const condition = this.prefixCondition(child, base, offset, skipFirstChar);
			const end = offset + child.prefix.length;
			if (this.raw && childStaticPath !== null && child.isLeafNode && child.staticChildrenNodes.length === 0 && child.parametricChildren.length === 0 && child.wildcardChild === null) {
				const pos = this.position(base, end);
				const suffix = condition === null ? this.endCondition(pos) : `${condition} && (${this.endCondition(pos)})`;
				this.emit(`if (path === ${JSON.stringify(childStaticPath)} || (${suffix})) {`);
				this.indent++;
				this.emitLeaf(child, paramsCount, pos);
				this.indent--;
				this.emit("}");
				return;
			}
			if (condition !== null) {
				this.emit(`if (${condition}) {`);
				this.indent++;
			}
			this.emitSubtree(child, base, end, paramsCount, childStaticPath);
			if (condition !== null) {
				this.indent--;
				this.emit("}");
			}
		}
		emitParametricChildren(node, base, offset, paramsCount) {
			const children = node.parametricChildren;
			if (children.length === 0) return;
			const pos = this.position(base, offset);
			const id = this.uid++;
			const end = `e${id}`;
			const value = `v${id}`;
			if (this.raw) {
				this.emit(`const ${end} = scanSegment(path, ${pos}, pathLen)`);
				this.emit(`if (${end} === -1) ${this.retry()}`);
				this.emit(`const ${value} = path.slice(${pos}, ${end})`);
			} else {
				this.emit(`let ${end} = originPath.indexOf('/', ${pos})`);
				this.emit(`if (${end} === -1) ${end} = pathLen`);
				this.emit(`let ${value} = originPath.slice(${pos}, ${end})`);
				this.emit(`if (shouldDecodeParam) ${value} = decodeParam(${value})`);
			}
			for (const child of children) if (child.isRegex) this.emitRegexChild(child, end, value, paramsCount);
			else {
				this.emit(`if (${value}.length <= ${this.routerConst}.maxParamLength) {`);
				this.indent++;
				this.emit(`p${paramsCount} = ${value}`);
				this.emitSubtree(child, end, 0, paramsCount + 1, null);
				this.indent--;
				if (this.tracksMaxParamLength) {
					this.emit("} else {");
					this.emit("  maxParamLengthExceeded = true");
				}
				this.emit("}");
			}
		}
		emitRegexChild(child, end, value, paramsCount) {
			const regexConst = this.addConst(child.regex, "regex");
			const groupCount = countCaptureGroups(child.regex);
			const match = `m${this.uid++}`;
			const maxLength = `${child.regexParamCount} * ${this.routerConst}.maxParamLength + ${child.regexStaticLength}`;
			this.emit(`if (${value}.length > ${maxLength}) {`);
			if (this.tracksMaxParamLength) this.emit("  maxParamLengthExceeded = true");
			this.emit("} else {");
			this.indent++;
			this.emit(`const ${match} = ${regexConst}.exec(${value})`);
			this.emit(`if (${match} !== null) {`);
			this.indent++;
			const groups = [];
			for (let i = 1; i <= groupCount; i++) {
				const group = `${match}g${i}`;
				groups.push(group);
				this.emit(`const ${group} = ${match}[${i}] ?? ''`);
			}
			const tooLong = groups.map((group) => `${group}.length > ${this.routerConst}.maxParamLength`).join(" || ");
			if (groups.length > 0) {
				this.emit(`if (${tooLong}) {`);
				if (this.tracksMaxParamLength) this.emit("  maxParamLengthExceeded = true");
				this.emit("} else {");
				this.indent++;
			}
			for (let i = 0; i < groups.length; i++) this.emit(`p${paramsCount + i} = ${groups[i]}`);
			this.emitSubtree(child, end, 0, paramsCount + groups.length, null);
			if (groups.length > 0) {
				this.indent--;
				this.emit("}");
			}
			this.indent--;
			this.emit("}");
			this.indent--;
			this.emit("}");
		}
		emitWildcardChild(node, base, offset, paramsCount) {
			const child = node.wildcardChild;
			if (child === null) return;
			const pos = this.position(base, offset);
			const id = this.uid++;
			const value = `w${id}`;
			this.emit("{");
			this.indent++;
			if (this.raw) {
				const end = `e${id}`;
				this.emit(`const ${end} = scanRest(path, ${pos}, pathLen)`);
				this.emit(`if (${end} === -1) ${this.retry()}`);
				this.emit(`const ${value} = path.slice(${pos}, ${end})`);
				this.emit(`p${paramsCount} = ${value}`);
				this.emitNodeBody(child, end, 0, paramsCount + 1, null);
			} else {
				this.emit(`let ${value} = originPath.slice(${pos})`);
				this.emit(`if (shouldDecodeParam) ${value} = decodeParam(${value})`);
				this.emit(`p${paramsCount} = ${value}`);
				this.emitNodeBody(child, "pathLen", 0, paramsCount + 1, null);
			}
			this.indent--;
			this.emit("}");
		}
	};
	function countCaptureGroups(regex) {
		return new RegExp(regex.source + "|").exec("").length - 1;
	}
	function supportsRawMatching(router, root) {
		if (router.ignoreTrailingSlash || router.ignoreDuplicateSlashes || router.caseSensitive === false) return false;
		const forbidden = router.useSemicolonDelimiter ? /[%?#;]/ : /[%?#]/;
		const stack = [root];
		while (stack.length > 0) {
			const node = stack.pop();
			if (forbidden.test(node.prefix)) return false;
			stack.push(...node.staticChildrenNodes, ...node.parametricChildren);
			if (node.wildcardChild !== null) stack.push(node.wildcardChild);
		}
		return true;
	}
	function compileTree(router, root) {
		const sanitized = new TreeCompiler(router, false).compile(root, null);
		const slow = function findSanitized(path, derivedConstraints) {
			return router._findSanitized(sanitized, path, derivedConstraints);
		};
		if (!supportsRawMatching(router, root)) return {
			find: slow,
			lookup: function lookupSanitized(path, derivedConstraints, req, res, ctx) {
				return router.callHandler(slow(path, derivedConstraints), req, res, ctx);
			}
		};
		return {
			find: new TreeCompiler(router, true, "find").compile(root, slow),
			lookup: new TreeCompiler(router, true, "lookup").compile(root, slow)
		};
	}
	module.exports = { compileTree };
}));
// node_modules/find-my-way/lib/strategies/accept-version.js
var require_accept_version = /* @__PURE__ */ __commonJSMin(((exports, module) => {
	const assert = __require("node:assert");
	function SemVerStore() {
		if (!(this instanceof SemVerStore)) return new SemVerStore();
		this.store = /* @__PURE__ */ new Map();
		this.maxMajor = 0;
		this.maxMinors = {};
		this.maxPatches = {};
	}
	SemVerStore.prototype.set = function(version, store) {
		if (typeof version !== "string") throw new TypeError("Version should be a string");
		let [major, minor, patch] = version.split(".", 3);
		if (isNaN(major)) throw new TypeError("Major version must be a numeric value");
		major = Number(major);
		minor = Number(minor) || 0;
		patch = Number(patch) || 0;
		if (major >= this.maxMajor) {
			this.maxMajor = major;
			this.store.set("x", store);
			this.store.set("*", store);
			this.store.set("x.x", store);
			this.store.set("x.x.x", store);
		}
		if (minor >= (this.maxMinors[major] || 0)) {
			this.maxMinors[major] = minor;
			this.store.set(`${major}.x`, store);
			this.store.set(`${major}.x.x`, store);
		}
		if (patch >= (this.maxPatches[`${major}.${minor}`] || 0)) {
			this.maxPatches[`${major}.${minor}`] = patch;
			this.store.set(`${major}.${minor}.x`, store);
		}
		this.store.set(`${major}.${minor}.${patch}`, store);
		return this;
	};
	SemVerStore.prototype.get = function(version) {
		return this.store.get(version);
	};
	module.exports = {
		name: "version",
		mustMatchWhenDerived: true,
		storage: SemVerStore,
		validate(value) {
			assert(typeof value === "string", "Version should be a string");
		}
	};
}));
// node_modules/find-my-way/lib/strategies/accept-host.js
var require_accept_host = /* @__PURE__ */ __commonJSMin(((exports, module) => {
	const assert = __require("node:assert");
	const REGEX_CACHE_MAX_SIZE = 1e3;
	const REGEX_CACHE_EVICTION_SIZE = REGEX_CACHE_MAX_SIZE / 2;
	function HostStorage() {
		const hosts = /* @__PURE__ */ new Map();
		const regexHosts = [];
		const regexCache = /* @__PURE__ */ new Map();
		function cacheRegexResult(host, value) {
			if (regexCache.size >= REGEX_CACHE_MAX_SIZE) {
				const keys = regexCache.keys();
				for (let i = 0; i < REGEX_CACHE_EVICTION_SIZE; i++) regexCache.delete(keys.next().value);
			}
			regexCache.set(host, value);
		}
		return {
			get: (host) => {
				const exact = hosts.get(host);
				if (exact) return exact;
				if (regexHosts.length === 0) return void 0;
				if (regexCache.has(host)) return regexCache.get(host);
				for (const regex of regexHosts) if (regex.host.test(host)) {
					cacheRegexResult(host, regex.value);
					return regex.value;
				}
				cacheRegexResult(host, void 0);
			},
			set: (host, value) => {
				if (host instanceof RegExp) {
					const safeRegex = new RegExp(host.source, host.flags.replace(/[gy]/g, ""));
					regexHosts.push({
						host: safeRegex,
						value
					});
					regexCache.clear();
				} else hosts.set(host, value);
			}
		};
	}
	module.exports = {
		name: "host",
		mustMatchWhenDerived: false,
		storage: HostStorage,
		validate(value) {
			assert(typeof value === "string" || Object.prototype.toString.call(value) === "[object RegExp]", "Host should be a string or a RegExp");
		}
	};
}));
// node_modules/find-my-way/lib/constrainer.js
var require_constrainer = /* @__PURE__ */ __commonJSMin(((exports, module) => {
	const acceptVersionStrategy = require_accept_version();
	const acceptHostStrategy = require_accept_host();
	const assert = __require("node:assert");
	var Constrainer = class {
		constructor(customStrategies) {
			this.strategies = {
				version: acceptVersionStrategy,
				host: acceptHostStrategy
			};
			this.strategiesInUse = /* @__PURE__ */ new Set();
			this.asyncStrategiesInUse = /* @__PURE__ */ new Set();
			if (customStrategies) for (const strategy of Object.values(customStrategies)) this.addConstraintStrategy(strategy);
		}
		isStrategyUsed(strategyName) {
			return this.strategiesInUse.has(strategyName) || this.asyncStrategiesInUse.has(strategyName);
		}
		hasConstraintStrategy(strategyName) {
			if (!Object.hasOwn(this.strategies, strategyName)) return false;
			const customConstraintStrategy = this.strategies[strategyName];
			if (customConstraintStrategy !== void 0) return customConstraintStrategy.isCustom || this.isStrategyUsed(strategyName);
			return false;
		}
		addConstraintStrategy(strategy) {
			assert(typeof strategy.name === "string" && strategy.name !== "", "strategy.name is required.");
			assert(strategy.storage && typeof strategy.storage === "function", "strategy.storage function is required.");
			assert(strategy.deriveConstraint && typeof strategy.deriveConstraint === "function", "strategy.deriveConstraint function is required.");
			if (Object.hasOwn(this.strategies, strategy.name) && this.strategies[strategy.name].isCustom) throw new Error(`There already exists a custom constraint with the name ${strategy.name}.`);
			if (this.isStrategyUsed(strategy.name)) throw new Error(`There already exists a route with ${strategy.name} constraint.`);
			strategy.isCustom = true;
			strategy.isAsync = strategy.deriveConstraint.length === 3;
			this.strategies[strategy.name] = strategy;
			if (strategy.mustMatchWhenDerived) this.noteUsage({ [strategy.name]: strategy });
		}
		deriveConstraints(req, ctx, done) {
			const constraints = this.deriveSyncConstraints(req, ctx);
			if (done === void 0) return constraints;
			this.deriveAsyncConstraints(constraints, req, ctx, done);
		}
		deriveSyncConstraints(req, ctx) {}
		noteUsage(constraints) {
			if (constraints) {
				const beforeSize = this.strategiesInUse.size;
				for (const key in constraints) {
					if (!Object.hasOwn(constraints, key) || !Object.hasOwn(this.strategies, key)) continue;
					if (this.strategies[key].isAsync) this.asyncStrategiesInUse.add(key);
					else this.strategiesInUse.add(key);
				}
				if (beforeSize !== this.strategiesInUse.size) this._buildDeriveConstraints();
			}
		}
		newStoreForConstraint(constraint) {
			if (!Object.hasOwn(this.strategies, constraint) || !this.strategies[constraint]) throw new Error(`No strategy registered for constraint key ${constraint}`);
			return this.strategies[constraint].storage();
		}
		validateConstraints(constraints) {
			for (const key in constraints) {
				if (!Object.hasOwn(constraints, key)) continue;
				const value = constraints[key];
				if (typeof value === "undefined") throw new Error("Can't pass an undefined constraint value, must pass null or no key at all");
				const strategy = Object.hasOwn(this.strategies, key) ? this.strategies[key] : void 0;
				if (!strategy) throw new Error(`No strategy registered for constraint key ${key}`);
				if (strategy.validate) strategy.validate(value);
			}
		}
		deriveAsyncConstraints(constraints, req, ctx, done) {
			let asyncConstraintsCount = this.asyncStrategiesInUse.size;
			if (asyncConstraintsCount === 0) {
				done(null, constraints);
				return;
			}
			let errored = false;
			constraints = constraints || {};
			for (const key of this.asyncStrategiesInUse) this.strategies[key].deriveConstraint(req, ctx, (err, constraintValue) => {
				if (errored) return;
				if (err !== null) {
					errored = true;
					done(err);
					return;
				}
				constraints[key] = constraintValue;
				if (--asyncConstraintsCount === 0) done(null, constraints);
			});
		}
		_buildDeriveConstraints() {
			if (this.strategiesInUse.size === 0) return;
			const lines = ["'use strict'", "return {"];
			for (const key of this.strategiesInUse) {
				const strategy = this.strategies[key];
				if (!strategy.isCustom) {
					if (key === "version") lines.push("   version: req.headers['accept-version'],");
					else lines.push("   host: req.headers.host || req.headers[':authority'],");
				} else lines.push(`  ${strategy.name}: this.strategies.${key}.deriveConstraint(req, ctx),`);
			}
			lines.push("}");
			this.deriveSyncConstraints = new Function("req", "ctx", lines.join("\n")).bind(this);
		}
	};
	module.exports = Constrainer;
}));
// node_modules/find-my-way/lib/http-methods.js
var require_http_methods = /* @__PURE__ */ __commonJSMin(((exports, module) => {
	module.exports = [
		"ACL",
		"BIND",
		"CHECKOUT",
		"CONNECT",
		"COPY",
		"DELETE",
		"GET",
		"HEAD",
		"LINK",
		"LOCK",
		"M-SEARCH",
		"MERGE",
		"MKACTIVITY",
		"MKCALENDAR",
		"MKCOL",
		"MOVE",
		"NOTIFY",
		"OPTIONS",
		"PATCH",
		"POST",
		"PROPFIND",
		"PROPPATCH",
		"PURGE",
		"PUT",
		"QUERY",
		"REBIND",
		"REPORT",
		"SEARCH",
		"SOURCE",
		"SUBSCRIBE",
		"TRACE",
		"UNBIND",
		"UNLINK",
		"UNLOCK",
		"UNSUBSCRIBE"
	];
}));
// node_modules/find-my-way/index.js
var require_find_my_way = /* @__PURE__ */ __commonJSMin(((exports, module) => {
	const assert = __require("node:assert");
	const querystring = require_lib();
	const isRegexSafe = require_safe_regex2();
	const deepEqual = require_fast_deep_equal();
	const { prettyPrintTree } = require_pretty_print();
	const { createStaticNode, NODE_TYPES } = require_node();
	const { compileTree } = require_compiler();
	const Constrainer = require_constrainer();
	const httpMethods = require_http_methods();
	const httpMethodStrategy = require_http_method();
	const { safeDecodeURI, safeDecodeURIComponent, safeDecodeURINativeScan, safeDecodeURICharScan, MIN_NATIVE_SCAN_LENGTH } = require_url_sanitizer();
	const OPTIONAL_PARAM_REGEXP = /(\/:[^/()]*?)\?(\/?)/;
	const ESCAPE_REGEXP = /[.*+?^${}()|[\]\\]/g;
	const REMOVE_DUPLICATE_SLASHES_REGEXP = /\/\/+/g;
	const parseUrl = typeof URL.parse === "function" ? URL.parse : (url) => URL.canParse(url) ? new URL(url) : null;
	if (!isRegexSafe(OPTIONAL_PARAM_REGEXP)) throw new Error("the OPTIONAL_PARAM_REGEXP is not safe, update this module");
	if (!isRegexSafe(ESCAPE_REGEXP)) throw new Error("the ESCAPE_REGEXP is not safe, update this module");
	if (!isRegexSafe(REMOVE_DUPLICATE_SLASHES_REGEXP)) throw new Error("the REMOVE_DUPLICATE_SLASHES_REGEXP is not safe, update this module");
	function Router(opts) {
		if (!(this instanceof Router)) return new Router(opts);
		opts = opts || {};
		this._opts = opts;
		if (opts.defaultRoute) {
			assert(typeof opts.defaultRoute === "function", "The default route must be a function");
			this.defaultRoute = opts.defaultRoute;
		} else this.defaultRoute = null;
		if (opts.onBadUrl) {
			assert(typeof opts.onBadUrl === "function", "The bad url handler must be a function");
			this.onBadUrl = opts.onBadUrl;
		} else this.onBadUrl = null;
		if (opts.buildPrettyMeta) {
			assert(typeof opts.buildPrettyMeta === "function", "buildPrettyMeta must be a function");
			this.buildPrettyMeta = opts.buildPrettyMeta;
		} else this.buildPrettyMeta = defaultBuildPrettyMeta;
		if (opts.querystringParser) {
			assert(typeof opts.querystringParser === "function", "querystringParser must be a function");
			this.querystringParser = opts.querystringParser;
		} else this.querystringParser = (query) => query.length === 0 ? {} : querystring.parse(query);
		this.caseSensitive = opts.caseSensitive === void 0 ? true : opts.caseSensitive;
		this.ignoreTrailingSlash = opts.ignoreTrailingSlash || false;
		this.ignoreDuplicateSlashes = opts.ignoreDuplicateSlashes || false;
		this.maxParamLength = opts.maxParamLength || 100;
		this.onMaxParamLength = opts.onMaxParamLength || null;
		this.allowUnsafeRegex = opts.allowUnsafeRegex || false;
		this.constrainer = new Constrainer(opts.constraints);
		this.useSemicolonDelimiter = opts.useSemicolonDelimiter || false;
		this.routes = [];
		this._routesByMethodAndPattern = /* @__PURE__ */ new Map();
		this.trees = Object.create(null);
		this._treeGET = null;
		this._compiledGET = null;
		this._compiledTrees = Object.create(null);
	}
	function routesWithMethodAndPattern(router, method, pattern) {
		const byPattern = router._routesByMethodAndPattern.get(method);
		return byPattern === void 0 ? void 0 : byPattern.get(pattern);
	}
	Router.prototype.on = function on(method, path, opts, handler, store) {
		if (typeof opts === "function") {
			if (handler !== void 0) store = handler;
			handler = opts;
			opts = {};
		}
		assert(typeof path === "string", "Path should be a string");
		assert(path.length > 0, "The path could not be empty");
		assert(path[0] === "/" || path[0] === "*", "The first character of a path should be `/` or `*`");
		assert(typeof handler === "function", "Handler should be a function");
		const optionalParamMatch = path.match(OPTIONAL_PARAM_REGEXP);
		if (optionalParamMatch) {
			assert(path.length === optionalParamMatch.index + optionalParamMatch[0].length, "Optional Parameter needs to be the last parameter of the path");
			const pathFull = path.replace(OPTIONAL_PARAM_REGEXP, "$1$2");
			const pathOptional = path.replace(OPTIONAL_PARAM_REGEXP, "$2") || "/";
			this.on(method, pathFull, opts, handler, store);
			this.on(method, pathOptional, opts, handler, store);
			return;
		}
		const route = path;
		if (this.ignoreDuplicateSlashes) path = removeDuplicateSlashes(path);
		if (this.ignoreTrailingSlash) path = trimLastSlash(path);
		const methods = Array.isArray(method) ? method : [method];
		for (const method of methods) {
			assert(typeof method === "string", "Method should be a string");
			assert(httpMethods.includes(method), `Method '${method}' is not an http method.`);
			this._on(method, path, opts, handler, store, route);
		}
	};
	Router.prototype._on = function _on(method, path, opts, handler, store) {
		let constraints = {};
		if (opts.constraints !== void 0) {
			assert(typeof opts.constraints === "object" && opts.constraints !== null, "Constraints should be an object");
			if (Object.keys(opts.constraints).length !== 0) constraints = opts.constraints;
		}
		this.constrainer.validateConstraints(constraints);
		this.constrainer.noteUsage(constraints);
		this._compiledGET = null;
		this._compiledTrees = Object.create(null);
		if (this.trees[method] === void 0) this.trees[method] = createStaticNode("/");
		let pattern = path;
		if (pattern === "*" && this.trees[method].prefix.length !== 0) {
			const currentRoot = this.trees[method];
			this.trees[method] = createStaticNode("");
			this.trees[method].setStaticChild("/", currentRoot);
		}
		let currentNode = this.trees[method];
		if (method === "GET") this._treeGET = currentNode;
		let parentNodePathIndex = currentNode.prefix.length;
		const params = [];
		for (let i = 0; i <= pattern.length; i++) {
			if (pattern.charCodeAt(i) === 58 && pattern.charCodeAt(i + 1) === 58) {
				i++;
				continue;
			}
			const isParametricNode = pattern.charCodeAt(i) === 58 && pattern.charCodeAt(i + 1) !== 58;
			const isWildcardNode = pattern.charCodeAt(i) === 42;
			if (isParametricNode || isWildcardNode || i === pattern.length && i !== parentNodePathIndex) {
				let staticNodePath = pattern.slice(parentNodePathIndex, i);
				if (!this.caseSensitive) staticNodePath = staticNodePath.toLowerCase();
				staticNodePath = staticNodePath.replaceAll("::", ":");
				staticNodePath = staticNodePath.replaceAll("%", "%25");
				currentNode = currentNode.createStaticChild(staticNodePath);
			}
			if (isParametricNode) {
				let isRegexNode = false;
				let isParamSafe = true;
				let backtrack = "";
				const regexps = [];
				let nodePatternParts = "";
				let nodeParamCount = 0;
				let nodeStaticLength = 0;
				let lastParamStartIndex = i + 1;
				for (let j = lastParamStartIndex;; j++) {
					const charCode = pattern.charCodeAt(j);
					const isRegexParam = charCode === 40;
					const isStaticPart = charCode === 45 || charCode === 46;
					const isEndOfNode = charCode === 47 || j === pattern.length;
					if (isRegexParam || isStaticPart || isEndOfNode) {
						const paramName = pattern.slice(lastParamStartIndex, j);
						params.push(paramName);
						nodeParamCount++;
						isRegexNode = isRegexNode || isRegexParam || isStaticPart;
						if (isRegexParam) {
							const endOfRegexIndex = getClosingParenthensePosition(pattern, j);
							const regexString = pattern.slice(j, endOfRegexIndex + 1);
							if (!this.allowUnsafeRegex) assert(isRegexSafe(new RegExp(regexString)), `The regex '${regexString}' is not safe!`);
							regexps.push(trimRegExpStartAndEnd(regexString));
							j = endOfRegexIndex + 1;
							isParamSafe = true;
						} else {
							regexps.push(isParamSafe ? "(.*?)" : `(${backtrack}|(?:(?!${backtrack}).)*)`);
							isParamSafe = false;
						}
						const staticPartStartIndex = j;
						for (; j < pattern.length; j++) {
							const charCode = pattern.charCodeAt(j);
							if (charCode === 47) break;
							if (charCode === 58) {
								if (pattern.charCodeAt(j + 1) === 58) j++;
								else break;
							}
						}
						let staticPart = pattern.slice(staticPartStartIndex, j);
						if (staticPart) {
							staticPart = staticPart.replaceAll("::", ":");
							staticPart = staticPart.replaceAll("%", "%25");
							regexps.push(backtrack = escapeRegExp(staticPart));
							nodeStaticLength += staticPart.length;
						}
						lastParamStartIndex = j + 1;
						nodePatternParts += "()" + staticPart;
						if (isEndOfNode || pattern.charCodeAt(j) === 47 || j === pattern.length) {
							const nodePattern = isRegexNode ? nodePatternParts : staticPart;
							const nodePath = pattern.slice(i, j);
							pattern = pattern.slice(0, i + 1) + nodePattern + pattern.slice(j);
							i += nodePattern.length;
							const regex = isRegexNode ? new RegExp("^" + regexps.join("") + "$") : null;
							currentNode = currentNode.createParametricChild(regex, staticPart || null, nodePath, nodeParamCount, nodeStaticLength);
							parentNodePathIndex = i + 1;
							break;
						}
					}
				}
			} else if (isWildcardNode) {
				params.push("*");
				currentNode = currentNode.createWildcardChild();
				parentNodePathIndex = i + 1;
				if (i !== pattern.length - 1) throw new Error("Wildcard must be the last character in the route");
			}
		}
		if (!this.caseSensitive) pattern = pattern.toLowerCase();
		if (pattern === "*") pattern = "/*";
		const sameRoutes = routesWithMethodAndPattern(this, method, pattern);
		if (sameRoutes !== void 0) for (const existRoute of sameRoutes) {
			const routeConstraints = existRoute.opts.constraints || {};
			if (deepEqual(routeConstraints, constraints)) throw new Error(`Method '${method}' already declared for route '${pattern}' with constraints '${JSON.stringify(constraints)}'`);
		}
		const route = {
			method,
			path,
			pattern,
			params,
			opts,
			handler,
			store
		};
		this.routes.push(route);
		if (sameRoutes !== void 0) sameRoutes.push(route);
		else {
			let byPattern = this._routesByMethodAndPattern.get(method);
			if (byPattern === void 0) {
				byPattern = /* @__PURE__ */ new Map();
				this._routesByMethodAndPattern.set(method, byPattern);
			}
			byPattern.set(pattern, [route]);
		}
		currentNode.addRoute(route, this.constrainer);
	};
	Router.prototype.hasRoute = function hasRoute(method, path, constraints) {
		return this.findRoute(method, path, constraints) !== null;
	};
	Router.prototype.findRoute = function findNode(method, path, constraints = {}) {
		if (this.trees[method] === void 0) return null;
		let pattern = path;
		let currentNode = this.trees[method];
		let parentNodePathIndex = currentNode.prefix.length;
		const params = [];
		for (let i = 0; i <= pattern.length; i++) {
			if (pattern.charCodeAt(i) === 58 && pattern.charCodeAt(i + 1) === 58) {
				i++;
				continue;
			}
			const isParametricNode = pattern.charCodeAt(i) === 58 && pattern.charCodeAt(i + 1) !== 58;
			const isWildcardNode = pattern.charCodeAt(i) === 42;
			if (isParametricNode || isWildcardNode || i === pattern.length && i !== parentNodePathIndex) {
				let staticNodePath = pattern.slice(parentNodePathIndex, i);
				if (!this.caseSensitive) staticNodePath = staticNodePath.toLowerCase();
				staticNodePath = staticNodePath.replaceAll("::", ":");
				staticNodePath = staticNodePath.replaceAll("%", "%25");
				currentNode = currentNode.getStaticChild(staticNodePath);
				if (currentNode === null) return null;
			}
			if (isParametricNode) {
				let isRegexNode = false;
				let isParamSafe = true;
				let backtrack = "";
				const regexps = [];
				let nodePatternParts = "";
				let lastParamStartIndex = i + 1;
				for (let j = lastParamStartIndex;; j++) {
					const charCode = pattern.charCodeAt(j);
					const isRegexParam = charCode === 40;
					const isStaticPart = charCode === 45 || charCode === 46;
					const isEndOfNode = charCode === 47 || j === pattern.length;
					if (isRegexParam || isStaticPart || isEndOfNode) {
						const paramName = pattern.slice(lastParamStartIndex, j);
						params.push(paramName);
						isRegexNode = isRegexNode || isRegexParam || isStaticPart;
						if (isRegexParam) {
							const endOfRegexIndex = getClosingParenthensePosition(pattern, j);
							const regexString = pattern.slice(j, endOfRegexIndex + 1);
							if (!this.allowUnsafeRegex) assert(isRegexSafe(new RegExp(regexString)), `The regex '${regexString}' is not safe!`);
							regexps.push(trimRegExpStartAndEnd(regexString));
							j = endOfRegexIndex + 1;
							isParamSafe = true;
						} else {
							regexps.push(isParamSafe ? "(.*?)" : `(${backtrack}|(?:(?!${backtrack}).)*)`);
							isParamSafe = false;
						}
						const staticPartStartIndex = j;
						for (; j < pattern.length; j++) {
							const charCode = pattern.charCodeAt(j);
							if (charCode === 47) break;
							if (charCode === 58) {
								if (pattern.charCodeAt(j + 1) === 58) j++;
								else break;
							}
						}
						let staticPart = pattern.slice(staticPartStartIndex, j);
						if (staticPart) {
							staticPart = staticPart.replaceAll("::", ":");
							staticPart = staticPart.replaceAll("%", "%25");
							regexps.push(backtrack = escapeRegExp(staticPart));
						}
						lastParamStartIndex = j + 1;
						nodePatternParts += "()" + staticPart;
						if (isEndOfNode || pattern.charCodeAt(j) === 47 || j === pattern.length) {
							const nodePattern = isRegexNode ? nodePatternParts : staticPart;
							const nodePath = pattern.slice(i, j);
							pattern = pattern.slice(0, i + 1) + nodePattern + pattern.slice(j);
							i += nodePattern.length;
							const regex = isRegexNode ? new RegExp("^" + regexps.join("") + "$") : null;
							currentNode = currentNode.getParametricChild(regex, staticPart || null, nodePath);
							if (currentNode === null) return null;
							parentNodePathIndex = i + 1;
							break;
						}
					}
				}
			} else if (isWildcardNode) {
				params.push("*");
				currentNode = currentNode.getWildcardChild();
				parentNodePathIndex = i + 1;
				if (i !== pattern.length - 1) throw new Error("Wildcard must be the last character in the route");
			}
		}
		if (!this.caseSensitive) pattern = pattern.toLowerCase();
		const sameRoutes = routesWithMethodAndPattern(this, method, pattern);
		if (sameRoutes === void 0) return null;
		for (const existRoute of sameRoutes) {
			const routeConstraints = existRoute.opts.constraints || {};
			if (deepEqual(routeConstraints, constraints)) return {
				handler: existRoute.handler,
				store: existRoute.store,
				params: existRoute.params
			};
		}
		return null;
	};
	Router.prototype.hasConstraintStrategy = function(strategyName) {
		return this.constrainer.hasConstraintStrategy(strategyName);
	};
	Router.prototype.addConstraintStrategy = function(constraints) {
		this.constrainer.addConstraintStrategy(constraints);
		this._rebuild(this.routes);
	};
	Router.prototype.reset = function reset() {
		this._compiledGET = null;
		this._compiledTrees = Object.create(null);
		this.trees = Object.create(null);
		this._treeGET = null;
		this.routes = [];
		this._routesByMethodAndPattern = /* @__PURE__ */ new Map();
	};
	Router.prototype.off = function off(method, path, constraints) {
		assert(typeof path === "string", "Path should be a string");
		assert(path.length > 0, "The path could not be empty");
		assert(path[0] === "/" || path[0] === "*", "The first character of a path should be `/` or `*`");
		assert(typeof constraints === "undefined" || typeof constraints === "object" && !Array.isArray(constraints) && constraints !== null, "Constraints should be an object or undefined.");
		const optionalParamMatch = path.match(OPTIONAL_PARAM_REGEXP);
		if (optionalParamMatch) {
			assert(path.length === optionalParamMatch.index + optionalParamMatch[0].length, "Optional Parameter needs to be the last parameter of the path");
			const pathFull = path.replace(OPTIONAL_PARAM_REGEXP, "$1$2");
			const pathOptional = path.replace(OPTIONAL_PARAM_REGEXP, "$2") || "/";
			this.off(method, pathFull, constraints);
			this.off(method, pathOptional, constraints);
			return;
		}
		if (this.ignoreDuplicateSlashes) path = removeDuplicateSlashes(path);
		if (this.ignoreTrailingSlash) path = trimLastSlash(path);
		const methods = Array.isArray(method) ? method : [method];
		for (const method of methods) this._off(method, path, constraints);
	};
	Router.prototype._off = function _off(method, path, constraints) {
		assert(typeof method === "string", "Method should be a string");
		assert(httpMethods.includes(method), `Method '${method}' is not an http method.`);
		function matcherWithoutConstraints(route) {
			return method !== route.method || path !== route.path;
		}
		function matcherWithConstraints(route) {
			return matcherWithoutConstraints(route) || !deepEqual(constraints, route.opts.constraints || {});
		}
		const predicate = constraints ? matcherWithConstraints : matcherWithoutConstraints;
		const newRoutes = this.routes.filter(predicate);
		this._rebuild(newRoutes);
	};
	Router.prototype.lookup = function lookup(req, res, ctx, done) {
		if (typeof ctx === "function") {
			done = ctx;
			ctx = void 0;
		}
		if (done === void 0) {
			const constraints = this.constrainer.deriveConstraints(req, ctx);
			const handle = this.find(req.method, req.url, constraints);
			return this.callHandler(handle, req, res, ctx);
		}
		this.constrainer.deriveConstraints(req, ctx, (err, constraints) => {
			if (err !== null) {
				done(err);
				return;
			}
			try {
				const handle = this.find(req.method, req.url, constraints);
				const result = this.callHandler(handle, req, res, ctx);
				done(null, result);
			} catch (err) {
				done(err);
			}
		});
	};
	Router.prototype.callHandler = function callHandler(handle, req, res, ctx) {
		if (handle === null) return this._defaultRoute(req, res, ctx);
		return ctx === void 0 ? handle.handler(req, res, handle.params, handle.store, handle.searchParams) : handle.handler.call(ctx, req, res, handle.params, handle.store, handle.searchParams);
	};
	Router.prototype.find = function find(method, path, derivedConstraints) {
		let currentNode = method === "GET" ? this._treeGET : this.trees[method];
		if (currentNode == null) return null;
		if (path.charCodeAt(0) !== 47) {
			const absolutePath = getPathFromAbsoluteUrl(path);
			if (absolutePath === null) return this._onBadUrl(path);
			path = absolutePath;
		}
		let sanitizedUrl;
		let querystring;
		let shouldDecodeParam;
		try {
			sanitizedUrl = path.length >= MIN_NATIVE_SCAN_LENGTH ? safeDecodeURINativeScan(path, this.useSemicolonDelimiter) : safeDecodeURICharScan(path, this.useSemicolonDelimiter, 1);
			path = sanitizedUrl.path;
			querystring = sanitizedUrl.querystring;
			shouldDecodeParam = sanitizedUrl.shouldDecodeParam;
		} catch (error) {
			return this._onBadUrl(path);
		}
		if (this.ignoreDuplicateSlashes) path = removeDuplicateSlashes(path);
		if (this.ignoreTrailingSlash) path = trimLastSlash(path);
		const originPath = path;
		if (this.caseSensitive === false) path = path.toLowerCase();
		const maxParamLength = this.maxParamLength;
		let pathIndex = currentNode.prefix.length;
		const pathLen = path.length;
		let paramsCount = 0;
		let param0, param1, param2, param3;
		let extraParams = null;
		const brothersNodesStack = [];
		let maxParamLengthExceeded = false;
		while (true) {
			if (pathIndex === pathLen && currentNode.isLeafNode) {
				const handle = currentNode.handlerStorage.getMatchingHandler(derivedConstraints);
				if (handle !== null) return {
					handler: handle.handler,
					store: handle.store,
					params: handle._createParamsObject(param0, param1, param2, param3, extraParams),
					searchParams: this.querystringParser(querystring)
				};
			}
			let node = currentNode.getNextNode(path, pathIndex, brothersNodesStack, paramsCount);
			if (node === null) {
				if (brothersNodesStack.length === 0) {
					if (maxParamLengthExceeded && this.onMaxParamLength) return this._onMaxParamLength(originPath);
					return null;
				}
				const stackLength = brothersNodesStack.length;
				paramsCount = brothersNodesStack[stackLength - 1];
				pathIndex = brothersNodesStack[stackLength - 2];
				node = brothersNodesStack[stackLength - 3];
				brothersNodesStack.length = stackLength - 3;
			}
			currentNode = node;
			while (true) {
				if (currentNode.kind === NODE_TYPES.STATIC) {
					pathIndex += currentNode.prefix.length;
					break;
				}
				let paramEndIndex = pathLen;
				if (currentNode.kind === NODE_TYPES.PARAMETRIC) {
					paramEndIndex = originPath.indexOf("/", pathIndex);
					if (paramEndIndex === -1) paramEndIndex = pathLen;
				}
				let param = originPath.slice(pathIndex, paramEndIndex);
				if (shouldDecodeParam) param = safeDecodeURIComponent(param);
				let matched = true;
				let regexMatches = null;
				if (currentNode.isRegex) {
					if (param.length > currentNode.regexParamCount * maxParamLength + currentNode.regexStaticLength) {
						maxParamLengthExceeded = true;
						matched = false;
					} else if ((regexMatches = currentNode.regex.exec(param)) === null) matched = false;
					else for (let i = 1; i < regexMatches.length; i++) if ((regexMatches[i] ?? "").length > maxParamLength) {
						maxParamLengthExceeded = true;
						matched = false;
						break;
					}
				} else if (currentNode.kind === NODE_TYPES.PARAMETRIC && param.length > maxParamLength) {
					maxParamLengthExceeded = true;
					matched = false;
				}
				if (matched) {
					if (regexMatches === null) {
						if (paramsCount === 0) param0 = param;
						else if (paramsCount === 1) param1 = param;
						else if (paramsCount === 2) param2 = param;
						else if (paramsCount === 3) param3 = param;
						else {
							if (extraParams === null) extraParams = [];
							extraParams[paramsCount - 4] = param;
						}
						paramsCount++;
					} else for (let i = 1; i < regexMatches.length; i++) {
						const value = regexMatches[i] ?? "";
						if (paramsCount === 0) param0 = value;
						else if (paramsCount === 1) param1 = value;
						else if (paramsCount === 2) param2 = value;
						else if (paramsCount === 3) param3 = value;
						else {
							if (extraParams === null) extraParams = [];
							extraParams[paramsCount - 4] = value;
						}
						paramsCount++;
					}
					pathIndex = paramEndIndex;
					break;
				}
				if (brothersNodesStack.length === 0) {
					if (maxParamLengthExceeded && this.onMaxParamLength) return this._onMaxParamLength(originPath);
					return null;
				}
				const stackLength = brothersNodesStack.length;
				paramsCount = brothersNodesStack[stackLength - 1];
				pathIndex = brothersNodesStack[stackLength - 2];
				currentNode = brothersNodesStack[stackLength - 3];
				brothersNodesStack.length = stackLength - 3;
			}
		}
	};
	Router.prototype.compile = function compile() {
		this.find = Router.prototype._findCompiled;
		this.lookup = Router.prototype._lookupCompiled;
		for (const method in this.trees) this._compileTree(method);
		return this;
	};
	Router.prototype._compileTree = function _compileTree(method) {
		const tree = this.trees[method];
		if (tree === void 0) return null;
		const compiled = compileTree(this, tree);
		if (method === "GET") this._compiledGET = compiled;
		else this._compiledTrees[method] = compiled;
		return compiled;
	};
	Router.prototype._findCompiled = function _findCompiled(method, path, derivedConstraints) {
		let compiled = method === "GET" ? this._compiledGET : this._compiledTrees[method];
		if (compiled == null) {
			compiled = this._compileTree(method);
			if (compiled === null) return null;
		}
		return compiled.find(path, derivedConstraints);
	};
	Router.prototype._lookupCompiled = function _lookupCompiled(req, res, ctx, done) {
		if (typeof ctx === "function" || done !== void 0) return Router.prototype.lookup.call(this, req, res, ctx, done);
		const derivedConstraints = this.constrainer.deriveConstraints(req, ctx);
		const method = req.method;
		let compiled = method === "GET" ? this._compiledGET : this._compiledTrees[method];
		if (compiled == null) {
			compiled = this._compileTree(method);
			if (compiled === null) return this._defaultRoute(req, res, ctx);
		}
		return compiled.lookup(req.url, derivedConstraints, req, res, ctx);
	};
	Router.prototype._findSanitized = function _findSanitized(matcher, path, derivedConstraints) {
		if (path.charCodeAt(0) !== 47) {
			const absolutePath = getPathFromAbsoluteUrl(path);
			if (absolutePath === null) return this._onBadUrl(path);
			path = absolutePath;
		}
		let sanitizedUrl;
		let querystring;
		let shouldDecodeParam;
		try {
			sanitizedUrl = path.length >= MIN_NATIVE_SCAN_LENGTH ? safeDecodeURINativeScan(path, this.useSemicolonDelimiter) : safeDecodeURICharScan(path, this.useSemicolonDelimiter, 1);
			path = sanitizedUrl.path;
			querystring = sanitizedUrl.querystring;
			shouldDecodeParam = sanitizedUrl.shouldDecodeParam;
		} catch (error) {
			return this._onBadUrl(path);
		}
		if (this.ignoreDuplicateSlashes) path = removeDuplicateSlashes(path);
		if (this.ignoreTrailingSlash) path = trimLastSlash(path);
		const originPath = path;
		if (this.caseSensitive === false) path = path.toLowerCase();
		return matcher(path, originPath, shouldDecodeParam, derivedConstraints, querystring);
	};
	Router.prototype._rebuild = function(routes) {
		this.reset();
		for (const route of routes) {
			const { method, path, opts, handler, store } = route;
			this._on(method, path, opts, handler, store);
		}
	};
	Router.prototype._defaultRoute = function(req, res, ctx) {
		if (this.defaultRoute !== null) return ctx === void 0 ? this.defaultRoute(req, res) : this.defaultRoute.call(ctx, req, res);
		else {
			res.statusCode = 404;
			res.end();
		}
	};
	Router.prototype._onBadUrl = function(path) {
		if (this.onBadUrl === null) return null;
		const onBadUrl = this.onBadUrl;
		return {
			handler: (req, res, ctx) => onBadUrl(path, req, res),
			params: {},
			store: null
		};
	};
	Router.prototype._onMaxParamLength = function(path) {
		if (this.onMaxParamLength === null) return null;
		const onMaxParamLength = this.onMaxParamLength;
		return {
			handler: (req, res, ctx) => onMaxParamLength(path, req, res),
			params: {},
			store: null
		};
	};
	Router.prototype.prettyPrint = function(options = {}) {
		const method = options.method;
		options.buildPrettyMeta = this.buildPrettyMeta.bind(this);
		let tree = null;
		if (method === void 0) {
			const { version, host, ...constraints } = this.constrainer.strategies;
			constraints[httpMethodStrategy.name] = httpMethodStrategy;
			const mergedRouter = new Router({
				...this._opts,
				constraints
			});
			const mergedRoutes = this.routes.map((route) => {
				const constraints = {
					...route.opts.constraints,
					[httpMethodStrategy.name]: route.method
				};
				return {
					...route,
					method: "MERGED",
					opts: { constraints }
				};
			});
			mergedRouter._rebuild(mergedRoutes);
			tree = mergedRouter.trees.MERGED;
		} else tree = this.trees[method];
		if (tree == null) return "(empty tree)";
		return prettyPrintTree(tree, options);
	};
	for (const i in httpMethods) {
		if (!httpMethods.hasOwnProperty(i)) continue;
		const m = httpMethods[i];
		const methodName = m.toLowerCase();
		Router.prototype[methodName] = function(path, handler, store) {
			return this.on(m, path, handler, store);
		};
	}
	Router.prototype.all = function(path, handler, store) {
		this.on(httpMethods, path, handler, store);
	};
	Router.sanitizeUrlPath = function sanitizeUrlPath(url, useSemicolonDelimiter) {
		const decoded = safeDecodeURI(url, useSemicolonDelimiter);
		if (decoded.shouldDecodeParam) return safeDecodeURIComponent(decoded.path);
		return decoded.path;
	};
	Router.removeDuplicateSlashes = removeDuplicateSlashes;
	Router.trimLastSlash = trimLastSlash;
	module.exports = Router;
	function escapeRegExp(string) {
		return string.replace(ESCAPE_REGEXP, "\\$&");
	}
	function getPathFromAbsoluteUrl(url) {
		const schemeEnd = url.indexOf("://");
		if (schemeEnd === -1) return url;
		const scheme = url.slice(0, schemeEnd).toLowerCase();
		if (scheme !== "http" && scheme !== "https") return url;
		const authorityStart = schemeEnd + 3;
		let authorityEnd = url.length;
		const pathStart = url.indexOf("/", authorityStart);
		if (pathStart !== -1) authorityEnd = pathStart;
		const queryStart = url.indexOf("?", authorityStart);
		if (queryStart !== -1 && queryStart < authorityEnd) authorityEnd = queryStart;
		if (url.indexOf("#", authorityStart) !== -1 || authorityEnd === authorityStart) return null;
		const parsed = parseUrl(url);
		if (parsed === null || parsed.protocol !== `${scheme}:` || parsed.host.length === 0) return null;
		if (authorityEnd === url.length) return "/";
		if (authorityEnd === queryStart) return "/" + url.slice(queryStart);
		return url.slice(pathStart);
	}
	function removeDuplicateSlashes(path) {
		return path.indexOf("//") !== -1 ? path.replace(REMOVE_DUPLICATE_SLASHES_REGEXP, "/") : path;
	}
	function trimLastSlash(path) {
		if (path.length > 1 && path.charCodeAt(path.length - 1) === 47) return path.slice(0, -1);
		return path;
	}
	function trimRegExpStartAndEnd(regexString) {
		if (regexString.charCodeAt(1) === 94) regexString = regexString.slice(0, 1) + regexString.slice(2);
		if (regexString.charCodeAt(regexString.length - 2) === 36) regexString = regexString.slice(0, regexString.length - 2) + regexString.slice(regexString.length - 1);
		return regexString;
	}
	function getClosingParenthensePosition(path, idx) {
		let parentheses = 1;
		while (idx < path.length) {
			idx++;
			if (path.charCodeAt(idx) === 92) {
				idx++;
				continue;
			}
			if (path.charCodeAt(idx) === 41) parentheses--;
			else if (path.charCodeAt(idx) === 40) parentheses++;
			if (!parentheses) return idx;
		}
		throw new TypeError("Invalid regexp expression in \"" + path + "\"");
	}
	function defaultBuildPrettyMeta(route) {
		if (!route) return {};
		if (!route.store) return {};
		return Object.assign({}, route.store);
	}
}));
// src/server/exchange.ts
var import_pino = require_pino();
var import_find_my_way = /* @__PURE__ */ __toESM(require_find_my_way(), 1);
/** One request and its answer, as the routers see it. */
var Exchange = class {
	request;
	response;
	/** The API version asked for: '1.43'; the newest one for a path without a version. */
	version;
	query;
	params;
	/** The client's connection, to be taken over by `hijack`. */
	connection;
	/** Whether node:http has let go of the connection already (an `Upgrade` request). */
	upgraded;
	#closing;
	#controller;
	constructor(options) {
		this.request = options.request;
		this.response = options.response;
		this.version = options.version;
		this.query = options.query;
		this.params = options.params;
		this.connection = options.upgraded ?? options.request.socket;
		this.upgraded = options.upgraded !== void 0;
		this.#closing = options.closing;
	}
	/** Aborts when the client has gone (or will send no more), when all has been answered, or the server closes. */
	get signal() {
		this.#controller ??= this.#watch();
		return this.#controller.signal;
	}
	#watch() {
		const controller = new AbortController();
		const { socket } = this.request;
		const abort = () => {
			this.#closing.removeEventListener("abort", abort);
			socket.removeListener("end", abort);
			controller.abort();
		};
		if (socket.destroyed || socket.readableEnded || this.#closing.aborted) abort();
		this.response.once("close", abort);
		socket.once("end", abort);
		this.#closing.addEventListener("abort", abort);
		return controller;
	}
	/** A path parameter. The route's pattern has it, or it is a bug. */
	param(name) {
		const value = this.params[name];
		if (value === void 0) throw new TypeError(`the route has no parameter ${name}`);
		return value;
	}
	/** Whether the client speaks at least this API version. */
	atLeast(version) {
		return compareVersions(this.version, version) >= 0;
	}
};
/** Negative, zero or positive, for versions of two numbers. */
function compareVersions(left, right) {
	const [leftMajor = 0, leftMinor = 0] = left.split(".").map(Number);
	const [rightMajor = 0, rightMinor = 0] = right.split(".").map(Number);
	return leftMajor - rightMajor || leftMinor - rightMinor;
}
// src/server/http-status.ts
/** The one mapping of error kinds to HTTP statuses, as Docker has it. What is not an EngineError is 500. */
const STATUS = {
	"not-found": 404,
	"invalid-parameter": 400,
	conflict: 409,
	unauthorized: 401,
	forbidden: 403,
	"not-modified": 304,
	unavailable: 503,
	"not-implemented": 501,
	system: 500,
	cancelled: 500,
	"data-loss": 500
};
function httpStatus(error) {
	return error instanceof EngineError ? STATUS[error.kind] : 500;
}
// src/server/respond.ts
/** Answers with a JSON body. Values of type bigint go out as exact numbers. */
function sendJson({ response }, body, status = 200) {
	const text = `${encodeJson(body)}\n`;
	response.writeHead(status, {
		"Content-Type": "application/json",
		"Content-Length": Buffer.byteLength(text)
	});
	response.end(text);
}
/** Answers without a body: 204, or 200 and 201 where Docker sends an empty body. */
function sendEmpty({ response }, status = 204) {
	response.writeHead(status, status === 204 ? {} : { "Content-Length": 0 });
	response.end();
}
/** `{"message": …}`, with Slipway's `hint` beside it. */
function sendError(response, error) {
	const status = httpStatus(error);
	if (status === 304) {
		response.writeHead(304).end();
		return;
	}
	const hint = error instanceof EngineError ? error.hint : void 0;
	const text = `${JSON.stringify({
		message: messageOf(error),
		hint
	})}\n`;
	response.writeHead(status, {
		"Content-Type": "application/json",
		"Content-Length": Buffer.byteLength(text)
	});
	response.end(text);
}
/**
* Sends a stream as it comes, headers at once. When it fails half-way the connection is broken off: the client
* must not take what it has for the whole. Settles when all is sent or the client has gone.
*/
async function sendStream({ response }, stream, contentType) {
	response.writeHead(200, { "Content-Type": contentType });
	response.flushHeaders();
	await pipeline(stream, response);
}
/**
* Sends one JSON value a line, each as soon as it is there. The headers go out at once, or with the first value
* when `headersFirst` is false: an error before it still gets its status then.
*/
async function sendLines(exchange, values, { headersFirst }) {
	const { response, signal } = exchange;
	if (headersFirst) startLines(response);
	for await (const value of values) {
		if (signal.aborted) break;
		if (!response.headersSent) startLines(response);
		if (!response.write(`${encodeJson(value)}\n`) && !response.destroyed) await Promise.race([once(response, "drain"), once(response, "close")]);
	}
	if (!response.headersSent) startLines(response);
	response.end();
}
function startLines(response) {
	response.writeHead(200, { "Content-Type": "application/json" });
	response.flushHeaders();
}
/**
* Runs a task that reports its progress as JSON lines. An error before the first line is an ordinary one, with
* its status; after it, it is a line of its own, as Docker does it.
*/
async function sendProgress({ response }, task) {
	const progress = (message) => {
		if (!response.headersSent) startLines(response);
		response.write(`${encodeJson(message)}\n`);
	};
	try {
		await task(progress);
	} catch (error) {
		if (!response.headersSent) throw error;
		const message = messageOf(error);
		progress({
			errorDetail: { message },
			error: message
		});
	}
	if (!response.headersSent) startLines(response);
	response.end();
}
function encodeJson(value) {
	try {
		return JSON.stringify(value);
	} catch (error) {
		if (!(error instanceof TypeError)) throw error;
		return JSON.stringify(value, (_key, item) => typeof item === "bigint" ? exact(item) : item);
	}
}
/** JSON.rawJSON (ECMAScript, JSON.parse source text access), which TypeScript's library does not know yet. */
function exact(number) {
	return JSON.rawJSON(String(number));
}
// src/server/dispatch.ts
/** From HTTP requests to routes: versions, headers every answer has, errors. */
var Dispatcher = class {
	#routes = (0, import_find_my_way.default)({ maxParamLength: 4096 });
	#options;
	#headers;
	#handingOver = /* @__PURE__ */ new WeakSet();
	constructor(options) {
		this.#options = options;
		this.#headers = /* @__PURE__ */ new Map([
			["Api-Version", API_VERSION],
			["Docker-Experimental", "false"],
			["Ostype", "linux"],
			["Server", `Slipway/${options.version} (linux)`]
		]);
		for (const route of options.routers.flat()) this.#routes.on(route.method, route.path, unused, route);
	}
	/** Answers a request; never throws. */
	async answer(request, response, upgraded) {
		response.setHeaders(this.#headers);
		try {
			await this.#dispatch(request, response, upgraded);
		} catch (error) {
			this.#fail(request, response, error);
		}
	}
	/** Answers a request whose connection node:http has given away already. */
	async answerUpgrade(request, connection) {
		const response = new ServerResponse(request);
		response.shouldKeepAlive = false;
		response.assignSocket(request.socket);
		response.once("finish", () => request.socket.end());
		await this.answer(request, response, connection);
	}
	/** Whether the request asks for a connection that a route will take over. */
	hijacks(request) {
		return this.#find(request)?.route.hijacks ?? false;
	}
	/** Whether a route is about to take this connection, or has it: what comes on it need not be HTTP. */
	isHandingOver(connection) {
		return this.#handingOver.has(connection);
	}
	async #dispatch(request, response, upgraded) {
		const found = this.#find(request);
		if (found === void 0) throw new EngineError("not-found", "page not found");
		if (!checkVersion(found.version, response)) return;
		const { route, ...rest } = found;
		await route.handle(new Exchange({
			...rest,
			request,
			response,
			upgraded,
			closing: this.#options.closing
		}));
	}
	#find(request) {
		const { method, url = "/" } = request;
		const mark = url.indexOf("?");
		const [, version, path = "/"] = /^(?:\/v(\d+\.\d+))?(\/.*)$/.exec(mark === -1 ? url : url.slice(0, mark)) ?? [];
		const found = this.#routes.find(method, path);
		if (found === null) return void 0;
		return {
			route: found.store,
			params: found.params,
			version: version ?? "1.51",
			query: new URLSearchParams(mark === -1 ? "" : url.slice(mark + 1))
		};
	}
	#fail(request, response, error) {
		const gone = response.destroyed || request.socket.destroyed;
		if ((error instanceof EngineError ? error.kind !== "cancelled" : !gone) && httpStatus(error) === 500) {
			const { method, url } = request;
			this.#options.logger.error({
				error,
				method,
				url
			}, `${method} ${url}: ${messageOf(error)}`);
		}
		if (response.headersSent || gone) response.destroy();
		else sendError(response, error);
	}
};
/** Whether the version is one we speak; answers the request if not. */
function checkVersion(version, response) {
	if (compareVersions(version, "1.51") > 0) throw new EngineError("invalid-parameter", `client version ${version} is too new. Maximum supported API version is ${API_VERSION}`);
	if (compareVersions(version, "1.24") >= 0) return true;
	response.writeHead(400, { "Content-Type": "text/plain; charset=utf-8" });
	response.end(`client version ${version} is too old. Minimum supported API version is ${MIN_API_VERSION}, please upgrade your client to a newer version
`);
	return false;
}
/** find-my-way wants a handler; ours is in the route. */
function unused() {}
// src/server/listen-address.ts
/** sd_listen_fds(3): the first inherited descriptor. */
const FIRST_INHERITED = 3;
const DEFAULT_TCP_PORT = 2375;
/**
* Parses `-H`: `unix:///path`, `tcp://host:port` (port 2375, every address when missing), `fd://` for all that
* systemd handed over, `fd://3` for one.
* @throws EngineError invalid-parameter
*/
function parseListenAddress(text, env = process.env) {
	const [, scheme, rest = ""] = /^(unix|tcp|fd):\/\/(.*)$/s.exec(text) ?? [];
	if (scheme === "unix" && rest.startsWith("/")) return [{
		type: "unix",
		path: rest
	}];
	if (scheme === "tcp") return [parseTcp(rest, text)];
	if (scheme === "fd") return parseDescriptors(rest, env, text);
	throw invalid$2(text);
}
function parseTcp(rest, text) {
	const match = /^(?:\[([\da-fA-F:.]+)\]|([^:[\]/]*))(?::(\d{1,5}))?\/?$/.exec(rest);
	if (match === null) throw invalid$2(text);
	const port = match[3] === void 0 ? DEFAULT_TCP_PORT : Number(match[3]);
	if (port > 65535) throw invalid$2(text);
	return {
		type: "tcp",
		host: match[1] || match[2] || "0.0.0.0",
		port
	};
}
function parseDescriptors(rest, env, text) {
	if (/^\d+$/.test(rest)) return [{
		type: "fd",
		fd: Number(rest)
	}];
	if (rest !== "" && rest !== "*") throw invalid$2(text);
	const count = env.LISTEN_PID === String(process.pid) ? Number(env.LISTEN_FDS ?? 0) : 0;
	if (!(count > 0)) throw new EngineError("invalid-parameter", "no sockets found via socket activation");
	return Array.from({ length: count }, (_, index) => ({
		type: "fd",
		fd: FIRST_INHERITED + index
	}));
}
function invalid$2(text) {
	return new EngineError("invalid-parameter", `invalid bind address (${text}): use unix://, tcp:// or fd://`);
}
// src/server/body/go-json.ts
/** A number that JavaScript would change, or that is no integer: kept as it was written. */
var WrittenNumber = class {
	source;
	constructor(source) {
		this.source = source;
	}
};
/**
* Parses JSON as Go's encoding/json does, with its error texts. Numbers that are not exact integers come as
* {@link WrittenNumber}.
* @throws EngineError invalid-parameter
*/
function parseGoJson(text) {
	if (text.trim() === "") throw invalid$1("invalid JSON: got EOF while reading request body");
	try {
		return JSON.parse(text, keepNumber);
	} catch (error) {
		if (error instanceof RangeError) throw invalid$1("invalid JSON: exceeded max depth");
		if (error instanceof SyntaxError) throw invalid$1(goSyntaxError(error.message, text));
		throw error;
	}
}
function keepNumber(_key, value, { source }) {
	if (typeof value !== "number" || source === void 0) return value;
	return /^-?\d+$/.test(source) && BigInt(source) === BigInt(value) ? value : new WrittenNumber(source);
}
/** What V8 says, and where Go says that the character stands. */
const PLACES = [
	[/property name/, "looking for beginning of object key string"],
	[/after property name/, "after object key"],
	[/after property value/, "after object key:value pair"],
	[/after array element/, "after array element"],
	[/control character/, "in string literal"],
	[/escaped character|escape/i, "in string escape code"],
	[/number|fraction|exponent/i, "in numeric literal"]
];
function goSyntaxError(message, text) {
	const position = Number(/at position (\d+)/.exec(message)?.[1] ?? NaN);
	if (/after JSON/.test(message)) return "unexpected content after JSON";
	if (/end of JSON|Unterminated string/.test(message) || position >= text.trimEnd().length) return "invalid JSON: unexpected EOF";
	const character = /Unexpected token '(.*?)',/s.exec(message)?.[1] ?? text[position] ?? "?";
	const place = PLACES.findLast(([pattern]) => pattern.test(message))?.[1] ?? "looking for beginning of value";
	return `invalid JSON: invalid character ${quote(character)} ${place}`;
}
/** A character as Go's %q has it. */
function quote(character) {
	if (character === "'") return "'\\''";
	return `'${JSON.stringify(character).slice(1, -1).replace("\\\"", "\"")}'`;
}
function invalid$1(message) {
	return new EngineError("invalid-parameter", message);
}
// src/server/body/decode.ts
/** An object of known fields. Absent fields and null stay absent. */
function struct(goType, fields) {
	const byLowerCase = new Map(Object.keys(fields).map((name) => [name.toLowerCase(), name]));
	return (value, path) => {
		const result = {};
		for (const [key, item] of Object.entries(value === null ? {} : objectOf(value, path, goType))) {
			const name = byLowerCase.get(key.toLowerCase());
			if (name !== void 0 && item !== null) result[name] = fields[name](item, `${path}.${name}`);
		}
		return result;
	};
}
function arrayOf(element, goType) {
	return (value, path) => {
		if (!Array.isArray(value)) return mismatch(value, path, goType);
		return value.map((item, index) => element(item, `${path}.${index}`));
	};
}
/** An object of any keys. */
function mapOf(element, goType) {
	return (value, path) => Object.fromEntries(Object.entries(objectOf(value, path, goType)).map(([key, item]) => [key, element(item, `${path}.${key}`)]));
}
/** `goType` other than string: a named type. What it may hold is for the engine to say. */
function text(goType = "string") {
	return (value, path) => {
		if (value === null) return "";
		return typeof value === "string" ? value : mismatch(value, path, goType);
	};
}
const bool = (value, path) => {
	if (value === null) return false;
	return typeof value === "boolean" ? value : mismatch(value, path, "bool");
};
/** An integer within Go's type of that name, and exact in JavaScript. */
function integer(goType) {
	const [smallest, largest] = RANGES[goType];
	return (value, path) => {
		if (value === null) return 0;
		return typeof value === "number" && value >= smallest && value <= largest ? value : mismatch(value, path, goType);
	};
}
const RANGES = {
	int: [-(2 ** 63), 2 ** 63],
	int64: [-(2 ** 63), 2 ** 63],
	uint: [0, 2 ** 64],
	uint64: [0, 2 ** 64],
	uint32: [0, 2 ** 32 - 1],
	uint16: [0, 2 ** 16 - 1]
};
/** A list of strings, or one string that stands for a list of one. */
const stringOrStrings = (value, path) => {
	const element = text();
	if (typeof value === "string") return [value];
	return Array.isArray(value) ? value.map((item, index) => element(item, `${path}.${index}`)) : [element(value, path)];
};
const strings = arrayOf(text(), "[]string");
const stringMap = mapOf(text(), "map[string]string");
/** Null stays null. */
function nullable(decoder) {
	return (value, path) => value === null ? null : decoder(value, path);
}
/** Whatever JSON holds, with ordinary numbers. */
const anything = (value) => {
	if (value instanceof WrittenNumber) return Number(value.source);
	if (Array.isArray(value)) return value.map((item) => anything(item, ""));
	if (value === null || typeof value !== "object") return value;
	return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, anything(item, "")]));
};
function objectOf(value, path, goType) {
	if (!(value !== null && typeof value === "object") || Array.isArray(value) || value instanceof WrittenNumber) return mismatch(value, path, goType);
	return value;
}
function mismatch(value, path, goType) {
	const place = path.includes(".") ? `struct field ${path}` : "value";
	throw new EngineError("invalid-parameter", `invalid JSON: json: cannot unmarshal ${describe(value, goType)} into Go ${place} of type ${goType}`);
}
function describe(value, goType) {
	if (value instanceof WrittenNumber) return `number ${value.source}`;
	if (Array.isArray(value)) return "array";
	if (typeof value === "boolean") return "bool";
	if (typeof value === "number") return goType in RANGES ? `number ${value}` : "number";
	return typeof value;
}
// src/server/body/host-config.ts
const throttleDevices = arrayOf(struct("blkiodev.ThrottleDevice", {
	Path: text(),
	Rate: integer("uint64")
}), "[]*blkiodev.ThrottleDevice");
const weightDevices = arrayOf(struct("blkiodev.WeightDevice", {
	Path: text(),
	Weight: integer("uint16")
}), "[]*blkiodev.WeightDevice");
const devices = arrayOf(struct("container.DeviceMapping", {
	PathOnHost: text(),
	PathInContainer: text(),
	CgroupPermissions: text()
}), "[]container.DeviceMapping");
const ulimits = arrayOf(struct("units.Ulimit", {
	Name: text(),
	Hard: integer("int64"),
	Soft: integer("int64")
}), "[]*units.Ulimit");
const resourceFields = {
	CpuShares: integer("int64"),
	Memory: integer("int64"),
	NanoCpus: integer("int64"),
	CgroupParent: text(),
	BlkioWeight: integer("uint16"),
	BlkioWeightDevice: weightDevices,
	BlkioDeviceReadBps: throttleDevices,
	BlkioDeviceWriteBps: throttleDevices,
	BlkioDeviceReadIOps: throttleDevices,
	BlkioDeviceWriteIOps: throttleDevices,
	CpuPeriod: integer("int64"),
	CpuQuota: integer("int64"),
	CpuRealtimePeriod: integer("int64"),
	CpuRealtimeRuntime: integer("int64"),
	CpusetCpus: text(),
	CpusetMems: text(),
	Devices: devices,
	DeviceCgroupRules: strings,
	DeviceRequests: arrayOf(anything, "[]container.DeviceRequest"),
	KernelMemoryTCP: integer("int64"),
	MemoryReservation: integer("int64"),
	MemorySwap: integer("int64"),
	MemorySwappiness: integer("int64"),
	OomKillDisable: bool,
	PidsLimit: integer("int64"),
	Ulimits: ulimits
};
const restartPolicy = struct("container.RestartPolicy", {
	Name: text("container.RestartPolicyMode"),
	MaximumRetryCount: integer("int")
});
const portMap = mapOf(nullable(arrayOf(struct("nat.PortBinding", {
	HostIp: text(),
	HostPort: text()
}), "[]nat.PortBinding")), "nat.PortMap");
/** Go's [2]uint: what is missing is 0, what is too much is dropped. */
const consoleSize = (value, path) => {
	const [rows = 0, columns = 0] = arrayOf(integer("uint"), "[2]uint")(value, path);
	return [rows, columns];
};
const mount = struct("mount.Mount", {
	Type: text("mount.Type"),
	Source: text(),
	Target: text(),
	ReadOnly: bool,
	Consistency: text("mount.Consistency"),
	BindOptions: struct("mount.BindOptions", {
		Propagation: text("mount.Propagation"),
		NonRecursive: bool,
		CreateMountpoint: bool,
		ReadOnlyNonRecursive: bool,
		ReadOnlyForceRecursive: bool
	}),
	VolumeOptions: struct("mount.VolumeOptions", {
		NoCopy: bool,
		Labels: stringMap,
		Subpath: text(),
		DriverConfig: struct("mount.Driver", {
			Name: text(),
			Options: stringMap
		})
	}),
	ImageOptions: struct("mount.ImageOptions", { Subpath: text() }),
	TmpfsOptions: struct("mount.TmpfsOptions", {
		SizeBytes: integer("int64"),
		Mode: integer("uint32"),
		Options: arrayOf(strings, "[][]string")
	})
});
const hostConfig = struct("container.HostConfig", {
	...resourceFields,
	Binds: strings,
	ContainerIDFile: text(),
	LogConfig: struct("container.LogConfig", {
		Type: text(),
		Config: stringMap
	}),
	NetworkMode: text("container.NetworkMode"),
	PortBindings: portMap,
	RestartPolicy: restartPolicy,
	AutoRemove: bool,
	VolumeDriver: text(),
	VolumesFrom: strings,
	ConsoleSize: consoleSize,
	Annotations: stringMap,
	CapAdd: strings,
	CapDrop: strings,
	CgroupnsMode: text("container.CgroupnsMode"),
	Dns: strings,
	DnsOptions: strings,
	DnsSearch: strings,
	ExtraHosts: strings,
	GroupAdd: strings,
	IpcMode: text("container.IpcMode"),
	Cgroup: text("container.CgroupSpec"),
	Links: strings,
	OomScoreAdj: integer("int"),
	PidMode: text("container.PidMode"),
	Privileged: bool,
	PublishAllPorts: bool,
	ReadonlyRootfs: bool,
	SecurityOpt: strings,
	StorageOpt: stringMap,
	Tmpfs: stringMap,
	UTSMode: text("container.UTSMode"),
	UsernsMode: text("container.UsernsMode"),
	ShmSize: integer("int64"),
	Sysctls: stringMap,
	Runtime: text(),
	Isolation: text("container.Isolation"),
	Mounts: arrayOf(mount, "[]mount.Mount"),
	MaskedPaths: strings,
	ReadonlyPaths: strings,
	Init: bool
});
const updateRequest = struct("container.UpdateConfig", {
	...resourceFields,
	RestartPolicy: restartPolicy
});
// src/server/body/create-request.ts
const emptyStructs = mapOf(struct("struct {}", {}), "map[string]struct {}");
const healthConfig = struct("container.HealthConfig", {
	Test: strings,
	Interval: integer("int64"),
	Timeout: integer("int64"),
	StartPeriod: integer("int64"),
	StartInterval: integer("int64"),
	Retries: integer("int")
});
const containerConfigFields = {
	Hostname: text(),
	Domainname: text(),
	User: text(),
	AttachStdin: bool,
	AttachStdout: bool,
	AttachStderr: bool,
	ExposedPorts: emptyStructs,
	Tty: bool,
	OpenStdin: bool,
	StdinOnce: bool,
	Env: strings,
	Cmd: stringOrStrings,
	Healthcheck: healthConfig,
	ArgsEscaped: bool,
	Image: text(),
	Volumes: emptyStructs,
	WorkingDir: text(),
	Entrypoint: stringOrStrings,
	NetworkDisabled: bool,
	MacAddress: text(),
	OnBuild: strings,
	Labels: stringMap,
	StopSignal: text(),
	StopTimeout: integer("int"),
	Shell: stringOrStrings
};
const networkingConfig = struct("network.NetworkingConfig", { EndpointsConfig: mapOf(nullable(struct("network.EndpointSettings", {
	IPAMConfig: struct("network.EndpointIPAMConfig", {
		IPv4Address: text(),
		IPv6Address: text(),
		LinkLocalIPs: strings
	}),
	Links: strings,
	Aliases: strings,
	MacAddress: text(),
	DriverOpts: stringMap,
	GwPriority: integer("int"),
	NetworkID: text(),
	EndpointID: text(),
	Gateway: text(),
	IPAddress: text(),
	IPPrefixLen: integer("int"),
	IPv6Gateway: text(),
	GlobalIPv6Address: text(),
	GlobalIPv6PrefixLen: integer("int"),
	DNSNames: strings
})), "map[string]*network.EndpointSettings") });
const request = struct("container.CreateRequest", {
	...containerConfigFields,
	HostConfig: hostConfig,
	NetworkingConfig: networkingConfig
});
/** The body of `POST /containers/create`: at least one field of the container's own configuration is there. */
const createRequest$1 = (value, path) => {
	const decoded = request(value, path);
	if (!Object.keys(decoded).some((name) => name in containerConfigFields)) throw new EngineError("invalid-parameter", "config cannot be empty in order to create a container");
	return decoded;
};
// src/server/body/read-body.ts
/** The most that a JSON request may have. Archives are not bound by it. */
const MAX_BODY_BYTES = 16777216;
/**
* Reads the request's JSON body. `name` is what errors call it. An empty body is `{}` with `emptyIsObject`, else an error.
* @throws EngineError invalid-parameter: wrong content type, too long, no JSON, wrong types
*/
async function readJson(exchange, decoder, options) {
	const body = await readBody(exchange);
	if (options.emptyIsObject && body.length === 0) return decoder({}, options.name);
	checkContentType(exchange.request, body.length === 0);
	return decoder(parseGoJson(body.toString()), options.name);
}
/** Reads the whole body. @throws EngineError invalid-parameter when it is longer than 16 MiB */
async function readBody({ request, response }) {
	const chunks = [];
	let bytes = Number(request.headers["content-length"] ?? 0);
	if (bytes <= MAX_BODY_BYTES) {
		bytes = 0;
		for await (const chunk of request.iterator({ destroyOnReturn: false })) {
			chunks.push(chunk);
			bytes += chunk.length;
			if (bytes > MAX_BODY_BYTES) break;
		}
	}
	if (bytes <= MAX_BODY_BYTES) return Buffer.concat(chunks);
	response.setHeader("Connection", "close");
	throw new EngineError("invalid-parameter", "http: request body too large (the limit is 16 MiB)");
}
function checkContentType({ headers }, empty) {
	const header = headers["content-type"];
	if (header === void 0 && empty) return;
	const mediaType = (header ?? "").split(";", 1)[0]?.trim().toLowerCase() ?? "";
	if (mediaType === "application/json") return;
	if (mediaType === "") throw new EngineError("invalid-parameter", `malformed Content-Type header (${header ?? ""}): mime: no media type`);
	throw new EngineError("invalid-parameter", `unsupported Content-Type header (${mediaType}): must be 'application/json'`);
}
// src/server/hijack.ts
const RAW = "application/vnd.docker.raw-stream";
const MULTIPLEXED = "application/vnd.docker.multiplexed-stream";
/** The first byte of a frame that carries standard output. */
const STDOUT = 1;
/** The content type of a container's output as this client is to be told it (Docker's since API 1.42). */
function outputType(exchange, multiplexed) {
	return multiplexed && exchange.atLeast("1.42") ? MULTIPLEXED : RAW;
}
/**
* Hands the client's connection over to a session: from here on it carries raw bytes both ways. With an
* `Upgrade` header the answer is `101 UPGRADED`, without one the older `200 OK`. What the client has sent
* behind an upgrading request is read first; behind one of the older form it is lost, as it is with Docker.
* Settles when the session has ended.
*/
async function hijack(exchange, session) {
	const connection = takeConnection(exchange);
	connection.on("error", () => connection.destroy());
	connection.write(head(exchange, session.multiplexed));
	try {
		await session.run(connection);
	} catch (error) {
		await endWithMessage(connection, `${messageOf(error)}\r\n`, session.multiplexed);
	}
}
function head(exchange, multiplexed) {
	if (exchange.request.headers.upgrade === void 0) return `HTTP/1.1 200 OK\r\nContent-Type: ${RAW}\r\n\r\n`;
	return `HTTP/1.1 101 UPGRADED\r\nContent-Type: ${outputType(exchange, multiplexed)}\r\nConnection: Upgrade\r\nUpgrade: tcp\r\n\r\n`;
}
/** Takes the connection away from node:http. */
function takeConnection({ connection, request, response, upgraded }) {
	const { socket } = request;
	response.detachSocket(socket);
	if (upgraded && request.complete) return connection;
	if (upgraded && request.headers["transfer-encoding"] === void 0) return connection;
	for (const event of [
		"data",
		"end",
		"drain",
		"error",
		"timeout",
		"readable"
	]) socket.removeAllListeners(event);
	socket.setTimeout(0);
	const nobody = () => {};
	socket.on("data", nobody).off("data", nobody);
	socket.pause();
	socket.readableFlowing = null;
	return socket;
}
async function endWithMessage(connection, message, framed) {
	if (connection.writable) {
		connection.end(framed ? frame(STDOUT, Buffer.from(message)) : message);
		if (!connection.writableFinished) await Promise.race([once(connection, "finish"), once(connection, "close")]);
	}
	connection.destroy();
}
function frame(stream, content) {
	const header = Buffer.alloc(8);
	header[0] = stream;
	header.writeUInt32BE(content.length, 4);
	return Buffer.concat([header, content]);
}
// src/server/query.ts
/** A boolean as Docker reads it: everything but '', 0, no, false and none is true. */
function booleanParameter(query, name, absent = false) {
	const value = query.get(name);
	if (value === null) return absent;
	return ![
		"",
		"0",
		"no",
		"false",
		"none"
	].includes(value.trim().toLowerCase());
}
/** Undefined for an absent or empty parameter. */
function textParameter(query, name) {
	return query.get(name) || void 0;
}
/** A decimal integer; undefined for an absent or empty parameter. @throws EngineError invalid-parameter */
function integerParameter(query, name) {
	const value = textParameter(query, name);
	if (value === void 0) return void 0;
	if (!/^[+-]?\d+$/.test(value)) throw invalid(`invalid value for ${name}: parsing "${value}": invalid syntax`);
	const number = Number(value);
	if (!Number.isSafeInteger(number)) throw invalid(`invalid value for ${name}: parsing "${value}": value out of range`);
	return number;
}
/** `h` and `w` of the resize requests. @throws EngineError invalid-parameter */
function sizeParameters(query) {
	return {
		rows: dimension(query, "h", "height"),
		columns: dimension(query, "w", "width")
	};
}
function dimension(query, name, meaning) {
	const value = query.get(name) ?? "";
	if (!/^[+-]?\d+$/.test(value)) throw invalid(`invalid resize ${meaning} "${value}": invalid syntax`);
	const number = Number(value);
	if (number < 0 || number > 4294967295) throw invalid(`invalid resize ${meaning} "${value}": value out of range`);
	return number;
}
/**
* A time as `seconds[.fraction]` since the epoch, in nanoseconds; undefined for an absent or empty parameter.
* @throws EngineError invalid-parameter
*/
function timeParameter(query, name) {
	const value = textParameter(query, name);
	if (value === void 0) return void 0;
	const match = /^(-?\d{1,18})(?:\.(\d{0,9})\d*)?$/.exec(value);
	if (match === null) throw invalid(`invalid value for "${name}": parsing "${value}": invalid syntax`);
	return BigInt(match[1] ?? 0) * 1000000000n + BigInt((match[2] ?? "").padEnd(9, "0"));
}
/**
* The `filters` parameter, in its map form or its older list form.
* @param accepted the names that mean something here; undefined: every name is taken
* @throws EngineError invalid-parameter
*/
function filtersParameter(query, accepted) {
	const filters = /* @__PURE__ */ new Map();
	for (const [name, values] of Object.entries(parseFilters(query.get("filters")))) {
		if (accepted && !accepted.includes(name)) throw invalid(`invalid filter '${name}'`);
		filters.set(name, filterValues(values));
	}
	return filters;
}
function parseFilters(text) {
	if (text === null || text === "") return {};
	try {
		const parsed = JSON.parse(text);
		if (parsed !== null && typeof parsed === "object" && !Array.isArray(parsed)) return { ...parsed };
	} catch (error) {
		if (!(error instanceof SyntaxError)) throw error;
	}
	throw invalid("invalid filter");
}
function filterValues(values) {
	const list = Array.isArray(values) ? values : Object.keys(isBooleanMap(values) ? values : failFilter());
	return list.every((value) => typeof value === "string") ? list : failFilter();
}
function isBooleanMap(values) {
	return values !== null && typeof values === "object" && Object.values(values).every((value) => typeof value === "boolean");
}
function failFilter() {
	throw invalid("invalid filter");
}
function invalid(message) {
	return new EngineError("invalid-parameter", message);
}
// src/server/router.ts
const get = (path, handle) => ({
	method: "GET",
	path,
	handle
});
const post = (path, handle) => ({
	method: "POST",
	path,
	handle
});
const remove = (path, handle) => ({
	method: "DELETE",
	path,
	handle
});
/** A route that hands its connection to a session. */
const hijacking = (path, handle) => ({
	...post(path, handle),
	hijacks: true
});
// src/server/unsupported.ts
/** The handler of a route that Docker has and this engine has not: 501 with a message that says what is missing. */
function unsupported(what) {
	return () => {
		throw new EngineError("not-implemented", `${what} is not supported by this engine`);
	};
}
// src/server/routes/containers.ts
const LIST_FILTERS$3 = "ancestor before exited expose health id isolation is-task label name network publish since status volume".split(" ");
const PRUNE_FILTERS$3 = [
	"label",
	"label!",
	"until"
];
const WAIT_CONDITIONS = [
	"not-running",
	"next-exit",
	"removed"
];
/** The most that a client may send in a start request without meaning it: `{}` and line ends. */
const IGNORED_BODY_BYTES = 7;
function containerRoutes(backend) {
	return [
		get("/containers/json", (exchange) => list$1(backend, exchange)),
		post("/containers/create", (exchange) => create$1(backend, exchange)),
		post("/containers/prune", async (exchange) => sendJson(exchange, await backend.containerPrune(filtersParameter(exchange.query, PRUNE_FILTERS$3)))),
		get("/containers/:id/json", async (exchange) => sendJson(exchange, await backend.containerInspect(exchange.param("id"), { size: booleanParameter(exchange.query, "size") }))),
		...lifecycleRoutes(backend),
		...outputRoutes(backend),
		post("/containers/:id/wait", (exchange) => wait(backend, exchange)),
		post("/containers/:id/resize", async (exchange) => {
			const { rows, columns } = sizeParameters(exchange.query);
			await backend.containerResize(exchange.param("id"), rows, columns);
			sendEmpty(exchange, 200);
		}),
		...[
			"HEAD",
			"GET",
			"PUT"
		].map((method) => ({
			method,
			path: "/containers/:id/archive",
			handle: unsupported("copying files from or to a container")
		})),
		get("/containers/:id/attach/ws", unsupported("attaching by WebSocket")),
		hijacking("/containers/:id/attach", (exchange) => attach(backend, exchange))
	];
}
function lifecycleRoutes(backend) {
	/** An action on a container that answers 204. */
	const action = (name, act) => post(`/containers/:id/${name}`, async (exchange) => {
		await act(exchange.param("id"), exchange.query);
		sendEmpty(exchange);
	});
	return [
		post("/containers/:id/start", (exchange) => start$1(backend, exchange)),
		action("stop", (id, query) => backend.containerStop(id, stopOptions(query))),
		action("restart", (id, query) => backend.containerRestart(id, stopOptions(query))),
		action("kill", (id, query) => backend.containerKill(id, textParameter(query, "signal") ?? "SIGKILL")),
		action("pause", (id) => backend.containerPause(id)),
		action("unpause", (id) => backend.containerUnpause(id)),
		action("rename", (id, query) => {
			const name = textParameter(query, "name");
			if (name === void 0) throw new EngineError("invalid-parameter", "Neither old nor new names may be empty");
			return backend.containerRename(id, name);
		}),
		post("/containers/:id/update", async (exchange) => {
			const update = await readJson(exchange, updateRequest, {
				name: "UpdateConfig",
				emptyIsObject: true
			});
			sendJson(exchange, await backend.containerUpdate(exchange.param("id"), update));
		}),
		remove("/containers/:id", async (exchange) => {
			const { query } = exchange;
			await backend.containerRemove(exchange.param("id"), {
				force: booleanParameter(query, "force"),
				volumes: booleanParameter(query, "v"),
				link: booleanParameter(query, "link")
			});
			sendEmpty(exchange);
		})
	];
}
function outputRoutes(backend) {
	return [
		get("/containers/:id/logs", (exchange) => logs(backend, exchange)),
		get("/containers/:id/stats", (exchange) => stats(backend, exchange)),
		get("/containers/:id/top", async (exchange) => sendJson(exchange, await backend.containerTop(exchange.param("id"), textParameter(exchange.query, "ps_args") ?? "-ef"))),
		get("/containers/:id/changes", async (exchange) => sendJson(exchange, await backend.containerChanges(exchange.param("id")))),
		get("/containers/:id/export", async (exchange) => sendStream(exchange, await backend.containerExport(exchange.param("id")), "application/octet-stream"))
	];
}
async function list$1(backend, exchange) {
	const { query } = exchange;
	sendJson(exchange, await backend.containerList({
		all: booleanParameter(query, "all"),
		limit: integerParameter(query, "limit") ?? 0,
		size: booleanParameter(query, "size"),
		filters: filtersParameter(query, LIST_FILTERS$3)
	}));
}
async function create$1(backend, exchange) {
	const request = await readJson(exchange, createRequest$1, {
		name: "CreateRequest",
		emptyIsObject: false
	});
	const { query } = exchange;
	sendJson(exchange, await backend.containerCreate(textParameter(query, "name") ?? "", request, textParameter(query, "platform")), 201);
}
async function start$1(backend, exchange) {
	if (Number(exchange.request.headers["content-length"] ?? 0) > IGNORED_BODY_BYTES) throw new EngineError("invalid-parameter", "starting container with non-empty request body was deprecated since API v1.22 and removed in v1.24");
	await backend.containerStart(exchange.param("id"), { detachKeys: textParameter(exchange.query, "detachKeys") });
	sendEmpty(exchange);
}
function stopOptions(query) {
	return {
		signal: textParameter(query, "signal"),
		timeoutSeconds: integerParameter(query, "t")
	};
}
async function logs(backend, exchange) {
	const { query } = exchange;
	const stdout = booleanParameter(query, "stdout");
	const stderr = booleanParameter(query, "stderr");
	if (!stdout && !stderr) throw new EngineError("invalid-parameter", "Bad parameters: you must choose at least one stream");
	const { stream, multiplexed } = await backend.containerLogs(exchange.param("id"), {
		follow: booleanParameter(query, "follow"),
		stdout,
		stderr,
		timestamps: booleanParameter(query, "timestamps"),
		tail: tailParameter(query),
		sinceNs: timeParameter(query, "since"),
		untilNs: query.get("until") === "0" ? void 0 : timeParameter(query, "until"),
		signal: exchange.signal
	});
	await sendStream(exchange, stream, outputType(exchange, multiplexed));
}
/** Whatever is no number of lines means all of them. */
function tailParameter(query) {
	const tail = query.get("tail") ?? "";
	return /^\d{1,15}$/.test(tail) ? Number(tail) : void 0;
}
async function stats(backend, exchange) {
	const { query, signal } = exchange;
	const stream = booleanParameter(query, "stream", true);
	const oneShot = booleanParameter(query, "one-shot");
	if (stream && oneShot) throw new EngineError("invalid-parameter", "cannot have stream=true and one-shot=true");
	const samples = backend.containerStats(exchange.param("id"), {
		stream,
		oneShot
	}, signal);
	if (stream) return sendLines(exchange, samples, { headersFirst: false });
	for await (const sample of samples) return sendJson(exchange, sample);
	sendJson(exchange, {});
}
async function wait(backend, exchange) {
	const { query, response } = exchange;
	const text = textParameter(query, "condition") ?? "not-running";
	const condition = WAIT_CONDITIONS.find((known) => known === text);
	if (condition === void 0) throw new EngineError("invalid-parameter", `invalid condition: "${text}"`);
	const { status } = await backend.containerWait(exchange.param("id"), condition, exchange.signal);
	response.writeHead(200, { "Content-Type": "application/json" });
	response.flushHeaders();
	response.end(`${JSON.stringify(await status)}\n`);
}
async function attach(backend, exchange) {
	const { query, request } = exchange;
	if (request.headers["content-length"] !== void 0) await readBody(exchange);
	await hijack(exchange, await backend.containerAttach(exchange.param("id"), {
		stream: booleanParameter(query, "stream"),
		logs: booleanParameter(query, "logs"),
		stdin: booleanParameter(query, "stdin"),
		stdout: booleanParameter(query, "stdout"),
		stderr: booleanParameter(query, "stderr"),
		detachKeys: textParameter(query, "detachKeys")
	}));
}
// src/server/body/exec-config.ts
const execConfig = struct("container.ExecOptions", {
	User: text(),
	Privileged: bool,
	Tty: bool,
	ConsoleSize: consoleSize,
	AttachStdin: bool,
	AttachStderr: bool,
	AttachStdout: bool,
	DetachKeys: text(),
	Env: strings,
	WorkingDir: text(),
	Cmd: strings
});
const execStartConfig = struct("container.ExecStartOptions", {
	Detach: bool,
	Tty: bool,
	ConsoleSize: consoleSize
});
// src/server/routes/exec.ts
function execRoutes(backend) {
	return [
		post("/containers/:id/exec", (exchange) => create(backend, exchange)),
		hijacking("/exec/:id/start", (exchange) => start(backend, exchange)),
		post("/exec/:id/resize", async (exchange) => {
			const { rows, columns } = sizeParameters(exchange.query);
			await backend.execResize(exchange.param("id"), rows, columns);
			sendEmpty(exchange, 200);
		}),
		get("/exec/:id/json", async (exchange) => sendJson(exchange, await backend.execInspect(exchange.param("id"))))
	];
}
async function create(backend, exchange) {
	const config = await readJson(exchange, execConfig, {
		name: "ExecOptions",
		emptyIsObject: true
	});
	if (!config.Cmd?.length) throw new EngineError("invalid-parameter", "No exec command specified");
	sendJson(exchange, await backend.execCreate(exchange.param("id"), config), 201);
}
async function start(backend, exchange) {
	const config = await readJson(exchange, execStartConfig, {
		name: "ExecStartOptions",
		emptyIsObject: true
	});
	const session = await backend.execStart(exchange.param("id"), config);
	if (session === void 0) sendEmpty(exchange, 200);
	else await hijack(exchange, session);
}
// src/server/routes/images.ts
const LIST_FILTERS$2 = [
	"dangling",
	"label",
	"before",
	"since",
	"reference",
	"until"
];
const PRUNE_FILTERS$2 = [
	"dangling",
	"label",
	"label!",
	"until"
];
function imageRoutes(backend) {
	return [
		get("/images/json", (exchange) => list(backend, exchange)),
		get("/images/get", async (exchange) => sendStream(exchange, await backend.imageSave(exchange.query.getAll("names")), "application/x-tar")),
		get("/images/search", unsupported("searching a registry")),
		post("/images/create", (exchange) => createImage(backend, exchange)),
		post("/images/load", (exchange) => load(backend, exchange)),
		post("/images/prune", async (exchange) => sendJson(exchange, await backend.imagePrune(filtersParameter(exchange.query, PRUNE_FILTERS$2)))),
		...namedRoutes(backend),
		get("/distribution/*", unsupported("asking a registry about an image")),
		post("/build", unsupported("building images")),
		post("/build/prune", (exchange) => sendJson(exchange, {
			CachesDeleted: null,
			SpaceReclaimed: 0
		})),
		post("/build/cancel", unsupported("building images")),
		post("/commit", unsupported("committing a container")),
		post("/session", unsupported("a BuildKit session")),
		post("/grpc", unsupported("a BuildKit session"))
	];
}
/** Routes whose image name may have slashes in it. */
function namedRoutes(backend) {
	return [
		get("/images/*", byVerb({
			json: async (exchange, name) => sendJson(exchange, await backend.imageInspect(name)),
			history: async (exchange, name) => sendJson(exchange, await backend.imageHistory(name)),
			get: async (exchange, name) => sendStream(exchange, await backend.imageSave([name]), "application/x-tar")
		})),
		post("/images/*", byVerb({
			tag: async (exchange, name) => {
				const { query } = exchange;
				await backend.imageTag(name, query.get("repo") ?? "", query.get("tag") ?? "");
				sendEmpty(exchange, 201);
			},
			push: unsupported("pushing images")
		})),
		remove("/images/*", async (exchange) => {
			const { query } = exchange;
			sendJson(exchange, await backend.imageRemove(exchange.param("*"), {
				force: booleanParameter(query, "force"),
				noPrune: booleanParameter(query, "noprune")
			}));
		})
	];
}
/** Splits `name/verb` at the last slash. */
function byVerb(verbs) {
	return (exchange) => {
		const path = exchange.param("*");
		const slash = path.lastIndexOf("/");
		const verb = path.slice(slash + 1);
		if (slash <= 0 || !Object.hasOwn(verbs, verb)) throw new EngineError("not-found", "page not found");
		return verbs[verb]?.(exchange, path.slice(0, slash));
	};
}
async function list(backend, exchange) {
	const { query } = exchange;
	sendJson(exchange, await backend.imageList({
		all: booleanParameter(query, "all"),
		filters: filtersParameter(query, LIST_FILTERS$2),
		sharedSize: booleanParameter(query, "shared-size")
	}));
}
/** `POST /images/create`: a pull with `fromImage`, an import of the body with `fromSrc=-`. */
async function createImage(backend, exchange) {
	const { query, request } = exchange;
	const platform = textParameter(query, "platform");
	const tag = query.get("tag") ?? "";
	const fromImage = textParameter(query, "fromImage");
	if (fromImage !== void 0) {
		const auth = request.headers["x-registry-auth"];
		const reference = tag === "" ? fromImage : `${fromImage}${tag.includes(":") ? "@" : ":"}${tag}`;
		return sendProgress(exchange, (progress) => backend.imagePull(reference, {
			platform,
			auth: Array.isArray(auth) ? auth[0] : auth
		}, progress));
	}
	if (query.get("fromSrc") !== "-") throw new EngineError("invalid-parameter", "an image is imported from the body of the request (fromSrc=-) only");
	await sendProgress(exchange, async (progress) => {
		progress({ status: await backend.imageImport(request, {
			repository: query.get("repo") ?? "",
			tag,
			message: query.get("message") ?? "",
			changes: query.getAll("changes"),
			platform
		}) });
	});
}
async function load(backend, exchange) {
	const quiet = booleanParameter(exchange.query, "quiet");
	await sendProgress(exchange, (progress) => backend.imageLoad(exchange.request, (message) => {
		if (!quiet || message.stream !== void 0) progress(message);
	}));
}
// src/server/routes/networks.ts
const LIST_FILTERS$1 = [
	"dangling",
	"driver",
	"id",
	"label",
	"name",
	"scope",
	"type"
];
const PRUNE_FILTERS$1 = [
	"label",
	"label!",
	"until"
];
function networkRoutes(backend) {
	const list = get("/networks", async (exchange) => sendJson(exchange, await backend.networkList(filtersParameter(exchange.query, LIST_FILTERS$1))));
	return [
		list,
		{
			...list,
			path: "/networks/"
		},
		get("/networks/:id", async (exchange) => sendJson(exchange, await backend.networkInspect(exchange.param("id")))),
		post("/networks/create", unsupported("a network other than bridge, host, none and container:NAME")),
		post("/networks/:id/connect", unsupported("connecting a container to a second network")),
		post("/networks/:id/disconnect", unsupported("disconnecting a container from its network")),
		post("/networks/prune", (exchange) => {
			filtersParameter(exchange.query, PRUNE_FILTERS$1);
			sendJson(exchange, { NetworksDeleted: null });
		}),
		remove("/networks/:id", async (exchange) => {
			const { Name } = await backend.networkInspect(exchange.param("id"));
			throw new EngineError("forbidden", `${Name} is a pre-defined network and cannot be removed`);
		})
	];
}
// src/server/routes/slipway.ts
/** What Slipway offers beyond Docker's API. */
function slipwayRoutes(backend) {
	return [get("/slipway/containers/:id/plan", async (exchange) => sendJson(exchange, { Operations: await backend.containerExplain(exchange.param("id")) })), post("/slipway/images/bootstrap", async (exchange) => {
		const what = textParameter(exchange.query, "what");
		if (what === void 0) throw new EngineError("invalid-parameter", "what: hello, busybox or debian");
		await sendProgress(exchange, async (progress) => {
			progress({ aux: { ID: await backend.imageBootstrap(what, progress) } });
		});
	})];
}
// src/server/routes/swarm.ts
/** This engine is never part of a swarm, and has no plugins: what clients ask about them has a plain answer. */
function swarmRoutes() {
	return [
		post("/swarm/init", unsupported("swarm mode")),
		post("/swarm/join", unsupported("swarm mode")),
		post("/swarm/leave", notInSwarm),
		...[
			"swarm",
			"nodes",
			"services",
			"tasks",
			"secrets",
			"configs"
		].flatMap((noun) => [
			get(`/${noun}`, notManager),
			get(`/${noun}/*`, notManager),
			post(`/${noun}/*`, notManager),
			remove(`/${noun}/*`, notManager)
		]),
		get("/plugins", (exchange) => sendJson(exchange, [])),
		get("/plugins/:name/json", (exchange) => {
			throw new EngineError("not-found", `plugin "${exchange.param("name")}" not found`);
		})
	];
}
function notManager() {
	throw new EngineError("unavailable", "This node is not a swarm manager. Use \"docker swarm init\" or \"docker swarm join\" to connect this node to swarm and try again.");
}
function notInSwarm() {
	throw new EngineError("unavailable", "This node is not part of a swarm");
}
// src/server/routes/system.ts
/** What `GET /system/df?type=` may name, and the part of the answer it stands for. */
const USAGE = {
	image: [
		"LayersSize",
		"Images",
		"ImageUsage"
	],
	container: ["Containers", "ContainerUsage"],
	volume: ["Volumes", "VolumeUsage"],
	"build-cache": [
		"BuildCache",
		"BuilderSize",
		"BuildCacheUsage"
	]
};
const credentials = struct("registry.AuthConfig", {
	username: text(),
	password: text(),
	serveraddress: text()
});
function systemRoutes(backend) {
	return [
		get("/_ping", ping),
		{
			method: "HEAD",
			path: "/_ping",
			handle: ping
		},
		get("/version", async (exchange) => sendJson(exchange, await backend.version())),
		get("/info", async (exchange) => sendJson(exchange, await backend.info())),
		get("/events", (exchange) => events(backend, exchange)),
		get("/system/df", (exchange) => diskUsage(backend, exchange)),
		post("/auth", async (exchange) => {
			await readJson(exchange, credentials, {
				name: "AuthConfig",
				emptyIsObject: false
			});
			throw new EngineError("not-implemented", "logging in to a registry is not supported by this engine");
		})
	];
}
function ping({ request, response }) {
	response.writeHead(200, {
		"Builder-Version": "2",
		"Cache-Control": "no-cache, no-store, must-revalidate",
		"Content-Length": request.method === "HEAD" ? 0 : 2,
		"Content-Type": "text/plain; charset=utf-8",
		Pragma: "no-cache",
		Swarm: "inactive"
	});
	response.end(request.method === "HEAD" ? void 0 : "OK");
}
async function events(backend, exchange) {
	const { query } = exchange;
	const sinceNs = timeParameter(query, "since");
	const untilNs = timeParameter(query, "until");
	if (sinceNs !== void 0 && untilNs !== void 0 && sinceNs > untilNs) throw new EngineError("invalid-parameter", `\`since\` time (${query.get("since")}) cannot be after \`until\` time (${query.get("until")})`);
	const filters = filtersParameter(query);
	await sendLines(exchange, backend.events({
		sinceNs,
		untilNs,
		filters,
		signal: exchange.signal
	}), { headersFirst: true });
}
async function diskUsage(backend, exchange) {
	const types = exchange.query.getAll("type");
	for (const type of types) if (!Object.hasOwn(USAGE, type)) throw new EngineError("invalid-parameter", `unknown object type: ${type}`);
	const usage = await backend.diskUsage();
	const wanted = new Set(types.flatMap((type) => USAGE[type] ?? []));
	const chosen = Object.entries(usage).filter(([name]) => types.length === 0 || wanted.has(name));
	sendJson(exchange, Object.fromEntries(chosen));
}
// src/server/routes/volumes.ts
const LIST_FILTERS = [
	"dangling",
	"driver",
	"label",
	"name"
];
const PRUNE_FILTERS = [
	"all",
	"label",
	"label!"
];
const createRequest = struct("volume.CreateOptions", {
	Name: text(),
	Driver: text(),
	DriverOpts: stringMap,
	Labels: stringMap
});
function volumeRoutes(backend) {
	return [
		get("/volumes", async (exchange) => sendJson(exchange, await backend.volumeList(filtersParameter(exchange.query, LIST_FILTERS)))),
		get("/volumes/:name", async (exchange) => sendJson(exchange, await backend.volumeInspect(exchange.param("name")))),
		post("/volumes/create", async (exchange) => {
			const request = await readJson(exchange, createRequest, {
				name: "CreateOptions",
				emptyIsObject: false
			});
			sendJson(exchange, await backend.volumeCreate(request), 201);
		}),
		post("/volumes/prune", (exchange) => prune(backend, exchange)),
		remove("/volumes/:name", async (exchange) => {
			await backend.volumeRemove(exchange.param("name"), booleanParameter(exchange.query, "force"));
			sendEmpty(exchange);
		})
	];
}
async function prune(backend, exchange) {
	const filters = new Map(filtersParameter(exchange.query, PRUNE_FILTERS));
	if (!exchange.atLeast("1.42") && !filters.has("all")) filters.set("all", ["true"]);
	sendJson(exchange, await backend.volumePrune(filters));
}
// src/server/unix-listener.ts
/** Whose members may use the socket, where one of these groups exists. */
const GROUPS = ["docker", "slipway"];
const MODE = 432;
/**
* Makes the server listen at a path. A socket that nobody listens on is replaced; clients see it only once its
* mode and group are right. The returned function takes it away again, unless another has taken its place.
* @throws EngineError conflict when a server answers there, or the path is no socket
*/
async function listenUnix(server, path) {
	await refuseLiveSocket(path);
	const temporary = `${path}~`;
	rmSync(temporary, { force: true });
	server.listen({ path: temporary });
	await once(server, "listening");
	chmodSync(temporary, MODE);
	const group = findGroup();
	if (group !== void 0 && process.getuid?.() === 0) chownSync(temporary, 0, group);
	const { ino } = lstatSync(temporary);
	renameSync(temporary, path);
	return () => {
		if (lstatSync(path, { throwIfNoEntry: false })?.ino === ino) rmSync(path, { force: true });
	};
}
async function refuseLiveSocket(path) {
	const existing = lstatSync(path, { throwIfNoEntry: false });
	if (existing === void 0) return;
	if (!existing.isSocket()) throw new EngineError("conflict", `cannot listen on ${path}: it is not a socket`);
	if (await answers(path)) throw new EngineError("conflict", `cannot listen on ${path}: another daemon is listening there`);
}
async function answers(path) {
	const client = connect(path);
	try {
		await once(client, "connect");
		return true;
	} catch (error) {
		if (errorCode(error) === "ECONNREFUSED" || errorCode(error) === "ENOENT") return false;
		return true;
	} finally {
		client.destroy();
	}
}
/** The id of the first group that exists, group(5). */
function findGroup() {
	const lines = readFileSync("/etc/group", "utf8").split("\n");
	const found = GROUPS.map((name) => lines.find((line) => line.startsWith(`${name}:`))).find(Boolean);
	return found === void 0 ? void 0 : Number(found.split(":")[2]);
}
// src/server/api-server.ts
/** How long a new connection may take to send the head of its first request; dockerd's value. */
const HEADERS_TIMEOUT_MS = 3e5;
/**
* Serves the Docker Engine API.
* @throws EngineError invalid-parameter for a bad address, conflict for a socket in use, system when the kernel
*   refuses; nothing is left listening then
*/
async function openApiServer(options) {
	const server = new RunningServer(options);
	try {
		for (const address of options.listen.flatMap((text) => parseListenAddress(text))) await server.listen(address);
	} catch (error) {
		await server.close(0);
		throw error;
	}
	return server;
}
var RunningServer = class {
	addresses = [];
	#dispatcher;
	#closing = new AbortController();
	#servers = [];
	#sockets = /* @__PURE__ */ new Set();
	#removals = [];
	#closed;
	constructor({ backend, version, logger }) {
		this.#dispatcher = new Dispatcher({
			routers: routersOf(backend),
			version,
			logger,
			closing: this.#closing.signal
		});
	}
	async listen(address) {
		const server = this.#createServer();
		this.#servers.push(server);
		if (address.type === "unix") {
			this.#removals.push(await listenUnix(server, address.path));
			this.addresses.push(`unix://${address.path}`);
			return;
		}
		server.listen(address.type === "fd" ? { fd: address.fd } : {
			host: address.host,
			port: address.port
		});
		await once(server, "listening");
		const { address: host, port, family } = server.address() ?? {};
		this.addresses.push(port === void 0 ? `fd://${address.fd}` : `tcp://${family === "IPv6" ? `[${host}]` : host}:${port}`);
	}
	close(graceMs = 1e3) {
		this.#closed ??= this.#close(graceMs);
		return this.#closed;
	}
	async #close(graceMs) {
		for (const remove of this.#removals) remove();
		const listening = this.#servers.filter((server) => server.listening);
		const closed = Promise.all(listening.map((server) => once(server, "close")));
		for (const server of listening) server.close();
		this.#closing.abort();
		const patience = new AbortController();
		await Promise.race([closed, setTimeout$1(graceMs, void 0, { signal: patience.signal })]);
		patience.abort();
		for (const socket of this.#sockets) socket.destroy();
		await closed;
	}
	#createServer() {
		const server = createServer({
			requestTimeout: 0,
			keepAliveTimeout: 0,
			headersTimeout: HEADERS_TIMEOUT_MS,
			keepAlive: true,
			shouldUpgradeCallback: (request) => this.#dispatcher.hijacks(request)
		}, (request, response) => {
			response.once("finish", () => {
				if (this.#closing.signal.aborted) setImmediate(() => server.closeIdleConnections());
			});
			this.#dispatcher.answer(request, response);
		});
		server.httpAllowHalfOpen = true;
		server.on("upgrade", (request, connection, head) => {
			if (head.length > 0) connection.unshift(head);
			this.#dispatcher.answerUpgrade(request, connection);
		});
		server.on("clientError", (_error, connection) => {
			if (this.#dispatcher.isHandingOver(connection)) return;
			if (connection.writable) connection.end("HTTP/1.1 400 Bad Request\r\nConnection: close\r\n\r\n400 Bad Request");
			else connection.destroy();
		});
		server.on("connection", (socket) => {
			this.#sockets.add(socket);
			socket.once("close", () => this.#sockets.delete(socket));
		});
		return server;
	}
};
function routersOf(backend) {
	return [
		containerRoutes(backend),
		execRoutes(backend),
		imageRoutes(backend),
		networkRoutes(backend),
		volumeRoutes(backend),
		systemRoutes(backend),
		swarmRoutes(),
		slipwayRoutes(backend)
	];
}
// src/main/daemon.ts
/**
* `slipway daemon`: an engine behind its listeners, until SIGTERM or SIGINT. Containers keep running after it.
* @throws EngineError conflict when the data root or a socket is in use; invalid-parameter for bad flags
*/
async function runDaemon(flags) {
	const logger = (0, import_pino.pino)({ level: flags.debug ? "debug" : flags.logLevel }, import_pino.pino.destination({
		fd: 2,
		sync: true
	}));
	const stopped = stopSignal();
	await using undo = new AsyncDisposableStack();
	const engine = await openEngine({
		...engineOptions(flags),
		logger
	});
	undo.defer(() => engine.close());
	writePidfile(flags.pidfile);
	undo.defer(() => rmSync(flags.pidfile, { force: true }));
	const server = await openApiServer({
		backend: engine.backend,
		listen: flags.hosts,
		version: VERSION,
		logger
	});
	undo.defer(() => server.close());
	if (flags.group !== "") giveToGroup(server.addresses, flags.group);
	logger.info({
		addresses: server.addresses,
		dataRoot: flags.dataRoot,
		version: VERSION
	}, "API listening");
	const signal = await stopped;
	logger.info({ signal }, "stopping; containers keep running");
}
/** @throws EngineError invalid-parameter */
function engineOptions(flags) {
	if (flags.bridge === "none") throw new EngineError("invalid-parameter", "a daemon without its default bridge (--bridge none) is not supported", { hint: "Give containers that need no network `--network none`." });
	return {
		dataRoot: flags.dataRoot,
		execRoot: flags.execRoot,
		storageDriver: flags.storageDriver,
		cgroupParent: flags.cgroupParent,
		logDriver: flags.logDriver,
		logOptions: flags.logOpts,
		shmSizeBytes: flags.defaultShmSizeBytes,
		ulimits: flags.defaultUlimits,
		init: flags.init,
		dns: flags.dns,
		dnsSearch: flags.dnsSearch,
		dnsOptions: flags.dnsOptions,
		bridgeIp: flags.bip,
		bridgeDevice: flags.bridge || void 0,
		mtu: flags.mtu,
		labels: flags.labels,
		debug: flags.debug
	};
}
function writePidfile(path) {
	if (path === "") return;
	mkdirSync(dirname(path), {
		recursive: true,
		mode: 493
	});
	writeFileSync(path, `${process.pid}\n`, { mode: 420 });
}
/** @throws EngineError invalid-parameter for an unknown group */
function giveToGroup(addresses, group) {
	const lines = readFileSync("/etc/group", "utf8").split("\n").map((line) => line.split(":"));
	const gid = /^\d+$/.test(group) ? group : lines.find(([name]) => name === group)?.[2];
	if (gid === void 0) throw new EngineError("invalid-parameter", `group ${group} not found`);
	for (const address of addresses) if (address.startsWith("unix://")) chownSync(address.slice(7), 0, Number(gid));
}
/** The first of the signals that ask a daemon to stop. A second one ends the process at once. */
function stopSignal() {
	return new Promise((resolve) => {
		for (const signal of ["SIGTERM", "SIGINT"]) process.once(signal, resolve);
	});
}
export { runDaemon };
