# How a layer or a function becomes what Lambda gets. sam build calls the Makefiles that include
# this in a copy of the source, with ARTIFACTS_DIR set.

PYTHON ?= python3.13
# As the template's parameter of that name.
ARCHITECTURE ?= x86_64
MACHINE := $(patsubst arm64,aarch64,$(ARCHITECTURE))

# $(call install,FOLDER): the wheels of ./requirements.txt for Lambda's system, whatever this one
# is; without commands, and without tests, which are half of numpy and scipy.
define install
$(PYTHON) -m pip install --quiet --disable-pip-version-check --root-user-action=ignore \
	--require-hashes --no-deps --no-compile --only-binary=:all: --requirement requirements.txt \
	--implementation cp --python-version 3.13 \
	$(patsubst %,--platform manylinux%_$(MACHINE),_2_28 _2_27 _2_24 _2_17 2014) \
	--target "$(1)"
rm -rf "$(1)/bin"
find "$(1)" -type d -name tests -prune -exec rm -rf {} +
endef

# $(call compile,PLACE): bytecode next to every module. Where Lambda mounts it nothing can be
# written, so without it every cold start would compile all it imports; times of files don't
# survive packaging, so it is not checked against its source.
define compile
find "$(ARTIFACTS_DIR)" -type d -name __pycache__ -prune -exec rm -rf {} +
$(PYTHON) -m compileall -qq -j 0 --invalidation-mode unchecked-hash \
	-s "$(ARTIFACTS_DIR)" -p "$(1)" "$(ARTIFACTS_DIR)"
endef
