package inventory

// pythonModules are the files of the standard library of Python 3.6 to 3.13 that lie
// directly in its folder, without ".py"; pythonFolders the folders there, without
// those that packages are installed into.
//
// Source: the folders of released versions.
const (
	pythonModules = `
		__future__ __hello__ __phello__.foo _aix_support _android_support _bootlocale _bootsubprocess _collections_abc
		_colorize _compat_pickle _compression _dummy_thread _ios_support _markupbase _opcode_metadata _osx_support _py_abc
		_pydatetime _pydecimal _pyio _pylong _sitebuiltins _strptime _threading_local _weakrefset abc aifc antigravity
		argparse ast asynchat asyncore base64 bdb binhex bisect bz2 cProfile calendar cgi cgitb chunk cmd code codecs
		codeop colorsys compileall configparser contextlib contextvars copy copyreg crypt csv dataclasses datetime decimal
		difflib dis doctest dummy_threading enum filecmp fileinput fnmatch formatter fractions ftplib functools genericpath
		getopt getpass gettext glob graphlib gzip hashlib heapq hmac imaplib imghdr imp inspect io ipaddress keyword
		linecache locale lzma macpath macurl2path mailbox mailcap mimetypes modulefinder netrc nntplib ntpath nturl2path
		numbers opcode operator optparse os pathlib pdb pickle pickletools pipes pkgutil platform plistlib poplib posixpath
		pprint profile pstats pty py_compile pyclbr pydoc queue quopri random re reprlib rlcompleter runpy sched secrets
		selectors shelve shlex shutil signal site smtpd smtplib sndhdr socket socketserver sre_compile sre_constants
		sre_parse ssl stat statistics string stringprep struct subprocess sunau symbol symtable sysconfig tabnanny tarfile
		telnetlib tempfile textwrap this threading timeit token tokenize trace traceback tracemalloc tty turtle types
		typing uu uuid warnings wave weakref webbrowser xdrlib zipapp zipfile zipimport`
	pythonFolders = `
		__phello__ _pyrepl asyncio collections concurrent ctypes curses dbm distutils email encodings ensurepip html http
		idlelib importlib json lib-dynload lib2to3 logging multiprocessing pathlib pydoc_data re sqlite3 sysconfig test
		tkinter tomllib turtledemo unittest urllib venv wsgiref xml xmlrpc zipfile zoneinfo`
)
