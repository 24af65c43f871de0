/* no_icu: what libxml2 calls of ICU, for the static program: ICU has tables of 30 MB, for encodings
 * that no ASC MHL manifest has. libxml2 itself knows UTF-8, UTF-16, ISO-8859-1 and ASCII; of any
 * other encoding it says that it is not supported. The names that the linker sees have the
 * version of ICU in them: the headers see to that. */
#include <stddef.h>

#include <unicode/ucnv.h>
#include <unicode/ucnv_err.h>

UConverter *ucnv_open(const char *name, UErrorCode *error)
{
    (void)name;
    *error = U_UNSUPPORTED_ERROR;
    return NULL;
}

/* No converter is ever open. The rest is not called. */

void ucnv_close(UConverter *converter)
{
    (void)converter;
}

void ucnv_convertEx(UConverter *to, UConverter *from, char **target, const char *target_end,
                    const char **source, const char *source_end, UChar *pivot_start,
                    UChar **pivot_source, UChar **pivot_target, const UChar *pivot_end,
                    UBool reset, UBool flush, UErrorCode *error)
{
    (void)to, (void)from, (void)target, (void)target_end, (void)source, (void)source_end;
    (void)pivot_start, (void)pivot_source, (void)pivot_target, (void)pivot_end;
    (void)reset, (void)flush;
    *error = U_UNSUPPORTED_ERROR;
}

void ucnv_setFromUCallBack(UConverter *converter, UConverterFromUCallback action,
                           const void *context, UConverterFromUCallback *old_action,
                           const void **old_context, UErrorCode *error)
{
    (void)converter, (void)action, (void)context, (void)old_action, (void)old_context;
    *error = U_UNSUPPORTED_ERROR;
}

void ucnv_setToUCallBack(UConverter *converter, UConverterToUCallback action,
                         const void *context, UConverterToUCallback *old_action,
                         const void **old_context, UErrorCode *error)
{
    (void)converter, (void)action, (void)context, (void)old_action, (void)old_context;
    *error = U_UNSUPPORTED_ERROR;
}

void UCNV_FROM_U_CALLBACK_STOP(const void *context, UConverterFromUnicodeArgs *args,
                               const UChar *units, int32_t length, UChar32 point,
                               UConverterCallbackReason reason, UErrorCode *error)
{
    (void)context, (void)args, (void)units, (void)length, (void)point, (void)reason;
    (void)error;
}

void UCNV_TO_U_CALLBACK_STOP(const void *context, UConverterToUnicodeArgs *args,
                             const char *units, int32_t length, UConverterCallbackReason reason,
                             UErrorCode *error)
{
    (void)context, (void)args, (void)units, (void)length, (void)reason, (void)error;
}
